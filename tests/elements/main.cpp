// Starts GStreamer for the element tests, apart from whatever is installed: the elements under test
// are linked in, and a test that needs another element loads that one plugin.
#include <gst/gst.h>
#include <gtest/gtest.h>

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  g_setenv("GST_PLUGIN_PATH", "", TRUE);
  // A tracer is a plugin too: GST_TRACERS=leaks needs the installed ones.
  if (g_getenv("GST_TRACERS") == nullptr) {
    g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);
    g_setenv("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  }
  gst_init(nullptr, nullptr);
  const int result = RUN_ALL_TESTS();
  // The leaks tracer and valgrind see only what is left after this.
  gst_deinit();
  return result;
}
