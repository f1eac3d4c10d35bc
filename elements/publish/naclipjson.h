// The element naclipjson: makes text of what frames' masks show, and of the events on them.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_NACLIP_JSON (gst_naclip_json_get_type())
G_DECLARE_FINAL_TYPE(GstNaclipJson, gst_naclip_json, GST, NACLIP_JSON, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(naclipjson)

G_END_DECLS
