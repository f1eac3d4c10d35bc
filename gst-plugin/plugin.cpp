// Registers the elements; does nothing else.
#include <gst/gst.h>

#ifdef NACLIP_HAVE_MASK
GST_ELEMENT_REGISTER_DECLARE(naclipmask)
#endif
#ifdef NACLIP_HAVE_OVERLAY
GST_ELEMENT_REGISTER_DECLARE(naclipoverlay)
#endif
#ifdef NACLIP_HAVE_SEGMENT
GST_ELEMENT_REGISTER_DECLARE(naclipsegment)
#endif

static gboolean plugin_init(GstPlugin *plugin) {
  gboolean registered = FALSE;
#ifdef NACLIP_HAVE_MASK
  registered |= GST_ELEMENT_REGISTER(naclipmask, plugin);
#endif
#ifdef NACLIP_HAVE_OVERLAY
  registered |= GST_ELEMENT_REGISTER(naclipoverlay, plugin);
#endif
#ifdef NACLIP_HAVE_SEGMENT
  registered |= GST_ELEMENT_REGISTER(naclipsegment, plugin);
#endif
  return registered;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, naclip,
                  "Open-vocabulary segmentation of video with NACLIP", plugin_init, NACLIP_VERSION,
                  "MIT/X11", PACKAGE, "https://arxiv.org/abs/2404.08181")
