#include "installation.h"

#include <gst/gst.h>

namespace naclip::live {

void find_plugin() {
  g_autoptr(GstElementFactory) known = gst_element_factory_find("naclipsegment");
  g_autofree char *program = g_file_read_link("/proc/self/exe", nullptr);
  if (known || !program) return;
  g_autofree char *folder = g_path_get_dirname(program);
  g_autofree char *plugins = g_build_filename(folder, NACLIP_PROGRAMS_TO_PLUGIN, nullptr);
  gst_registry_scan_path(gst_registry_get(), plugins);
}

}  // namespace naclip::live
