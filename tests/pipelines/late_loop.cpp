// Preloaded into gst-launch-1.0 by tests: its main loop runs two seconds late, as on a machine that
// has no time for it.
#include <dlfcn.h>
#include <glib.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) void g_main_loop_run(GMainLoop *loop) {
  sleep(2);
  reinterpret_cast<void (*)(GMainLoop *)>(dlsym(RTLD_NEXT, "g_main_loop_run"))(loop);
}
