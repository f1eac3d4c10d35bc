// What EngineFrame asks of GstCuda.
#pragma once

#include <gst/gst.h>

namespace naclip {

/// The flags that map a frame in CUDA memory where it lies, for reading.
GstMapFlags flags_on_device();

/// Waits until a frame is written that is mapped so: mapping may start a copy to the device.
void wait_until_written(GstBuffer *frame);

}  // namespace naclip
