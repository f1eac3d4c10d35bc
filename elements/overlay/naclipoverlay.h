// The element naclipoverlay: frames with masks in, the same frames with the masks drawn on them
// out.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_OVERLAY (gst_naclip_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipOverlay, gst_naclip_overlay, GST, NACLIP_OVERLAY, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipoverlay)

G_END_DECLS
