#include "elements/support/video_filter.h"

namespace naclip {

bool read_video_info(GstElement *self, GstCaps *caps, GstVideoInfo &info) {
  if (gst_video_info_from_caps(&info, caps)) return true;
  GST_ELEMENT_ERROR(self, CORE, NEGOTIATION, ("These video caps cannot be read."),
                    ("%" GST_PTR_FORMAT, caps));
  return false;
}

gboolean propose_video_meta(gpointer parent_class, GstBaseTransform *base, GstQuery *decide_query,
                            GstQuery *query) {
  if (!GST_BASE_TRANSFORM_CLASS(parent_class)->propose_allocation(base, decide_query, query))
    return FALSE;
  if (!gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr))
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return TRUE;
}

void sync_controlled_properties(GstBaseTransform *base, GstBuffer *buffer) {
  if (base->segment.format != GST_FORMAT_TIME) return;  // appsrc counts bytes unless told otherwise
  const GstClockTime time =
      gst_segment_to_stream_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (GST_CLOCK_TIME_IS_VALID(time)) gst_object_sync_values(GST_OBJECT_CAST(base), time);
}

}  // namespace naclip
