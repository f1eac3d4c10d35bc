#include "elements/redact/delay.h"

#include <gst/video/video.h>

namespace naclip {

GstClockTime delay_of(GstClockTime lookahead, GstClockTime step) {
  return step > 0 ? (lookahead + step - 1) / step * step : lookahead;
}

void propose_waiting_frames(GstQuery *query, GstClockTime delay, GstClockTime step) {
  GstCaps *caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  if (delay == 0 || step == 0 || caps == nullptr || !gst_video_info_from_caps(&info, caps)) return;
  const auto size = static_cast<guint>(GST_VIDEO_INFO_SIZE(&info));
  gst_query_add_allocation_pool(query, nullptr, size, static_cast<guint>(delay / step) + 1, 0);
}

GstClockTime end_of_gap(GstEvent *event) {
  GstClockTime begin = 0, duration = 0;
  gst_event_parse_gap(event, &begin, &duration);
  return GST_CLOCK_TIME_IS_VALID(duration) ? begin + duration : begin;
}

}  // namespace naclip
