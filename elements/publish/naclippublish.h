// The element naclippublish: sends what frames' masks show, and the events on them, as JSON.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_PUBLISH (gst_naclip_publish_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipPublish, gst_naclip_publish, GST, NACLIP_PUBLISH, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclippublish)

G_END_DECLS
