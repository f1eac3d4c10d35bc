// The element naclipzones: frames with masks in, the same frames out, with the events of rules over
// zones of the picture.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_ZONES (gst_naclip_zones_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipZones, gst_naclip_zones, GST, NACLIP_ZONES, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipzones)

G_END_DECLS
