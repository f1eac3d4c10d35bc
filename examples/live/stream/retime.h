// Frames handed on at another time.
#pragma once

#include <gst/gst.h>

namespace naclip::live {

/// Pushes a frame into an appsrc as if it were of this time; GST_CLOCK_TIME_NONE lets the appsrc
/// say when it came. The pixels are shared, not copied: a sample's times are not ours to change.
void push_at(GstElement *source, GstSample *frame, GstClockTime time);

}  // namespace naclip::live
