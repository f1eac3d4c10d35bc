// Registers the elements; does nothing else.
#include <gst/gst.h>

GST_ELEMENT_REGISTER_DECLARE(naclipmask)
#ifdef NACLIP_HAVE_ANALYTICS
GST_ELEMENT_REGISTER_DECLARE(naclipobjects)
#endif
GST_ELEMENT_REGISTER_DECLARE(naclipoverlay)
GST_ELEMENT_REGISTER_DECLARE(naclipredact)
GST_ELEMENT_REGISTER_DECLARE(naclipsegment)
GST_ELEMENT_REGISTER_DECLARE(naclipzones)

static gboolean plugin_init(GstPlugin *plugin) {
  gboolean registered = FALSE;
  registered |= GST_ELEMENT_REGISTER(naclipmask, plugin);
#ifdef NACLIP_HAVE_ANALYTICS
  registered |= GST_ELEMENT_REGISTER(naclipobjects, plugin);
#endif
  registered |= GST_ELEMENT_REGISTER(naclipoverlay, plugin);
  registered |= GST_ELEMENT_REGISTER(naclipredact, plugin);
  registered |= GST_ELEMENT_REGISTER(naclipsegment, plugin);
  registered |= GST_ELEMENT_REGISTER(naclipzones, plugin);
  return registered;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, naclip,
                  "Open-vocabulary segmentation of video with NACLIP", plugin_init, NACLIP_VERSION,
                  "MIT/X11", PACKAGE, "https://arxiv.org/abs/2404.08181")
