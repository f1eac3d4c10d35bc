// The element naclipredact: frames with masks in, the same frames with the masks' classes made
// unrecognisable out.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_REDACT (gst_naclip_redact_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipRedact, gst_naclip_redact, GST, NACLIP_REDACT, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipredact)

G_END_DECLS
