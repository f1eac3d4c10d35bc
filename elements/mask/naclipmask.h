// naclipmask: the masks as video.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_MASK (gst_naclip_mask_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipMask, gst_naclip_mask, GST, NACLIP_MASK, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipmask)

G_END_DECLS
