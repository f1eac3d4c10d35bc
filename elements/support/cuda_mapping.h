// What EngineFrame asks of GstCuda.
#pragma once

#include <gst/gst.h>

namespace naclip {

/// Waits until a frame in CUDA memory is written, and gives the flags that map it where it lies,
/// for reading.
GstMapFlags map_on_device(GstBuffer *frame);

}  // namespace naclip
