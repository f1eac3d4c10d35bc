#include "retime.h"

#include <gst/app/gstappsrc.h>

namespace naclip::live {

void push_at(GstElement *source, GstSample *frame, GstClockTime time) {
  g_autoptr(GstSample) retimed = gst_sample_copy(frame);
  g_autoptr(GstBuffer) buffer = gst_buffer_copy(gst_sample_get_buffer(frame));
  GST_BUFFER_PTS(buffer) = time;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  gst_sample_set_buffer(retimed, buffer);
  gst_app_src_push_sample(GST_APP_SRC(source), retimed);
}

}  // namespace naclip::live
