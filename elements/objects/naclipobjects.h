// naclipobjects: the masks' connected parts as boxes, in GStreamer's analytics metadata.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_OBJECTS (gst_naclip_objects_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipObjects, gst_naclip_objects, GST, NACLIP_OBJECTS, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipobjects)

G_END_DECLS
