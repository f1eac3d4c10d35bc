// Registers naclippublish and naclipjson, in a plugin file of their own; does nothing else.
#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(naclipjson)
GST_ELEMENT_REGISTER_DECLARE(naclippublish)

static gboolean plugin_init(GstPlugin *plugin) {
  gboolean registered = GST_ELEMENT_REGISTER(naclipjson, plugin);
  registered &= GST_ELEMENT_REGISTER(naclippublish, plugin);
  return registered;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, naclippublish,
                  "Messages about what NACLIP's masks show", plugin_init, NACLIP_VERSION, "MIT/X11",
                  PACKAGE, "https://arxiv.org/abs/2404.08181")
