// Needs a library that is not installed, as an engine without libtorch does.
int naclip_test_absent();
int naclip_test_orphan();
int naclip_test_orphan() {
  return naclip_test_absent();
}
