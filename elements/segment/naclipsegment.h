// The element naclipsegment: video frames in, the same frames with masks out.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_SEGMENT (gst_naclip_segment_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipSegment, gst_naclip_segment, GST, NACLIP_SEGMENT, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipsegment)

G_END_DECLS
