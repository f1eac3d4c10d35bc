// GStreamer's frames as what elements draw on.
#pragma once

#include <gst/video/video.h>

#include "elements/support/canvas.h"
#include "elements/support/mapped_frame.h"

namespace naclip {

/// Frames of these caps, without planes. Throws Error as picture_like() does.
Canvas canvas_like(const GstVideoInfo &info);

/// A frame that was mapped for writing; no longer valid than `frame`.
Canvas canvas_of(const MappedFrame &frame);

}  // namespace naclip
