int naclip_test_absent() {
  return 1;
}
