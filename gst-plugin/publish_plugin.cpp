// Registers naclippublish, in a plugin file of its own; does nothing else.
#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(naclippublish)

static gboolean plugin_init(GstPlugin *plugin) {
  return GST_ELEMENT_REGISTER(naclippublish, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, naclippublish,
                  "Messages about what NACLIP's masks show", plugin_init, NACLIP_VERSION, "MIT/X11",
                  PACKAGE, "https://arxiv.org/abs/2404.08181")
