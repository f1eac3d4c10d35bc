// Drawing on frames in a GPU's memory (memory:CUDAMemory) where they lie. Everything here is there
// in builds without GstCuda too.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>
#include <span>

#include "elements/drawing/layer.h"

namespace naclip {

/// What it takes to draw on such frames: the kernel, compiled for the GPU, and copies of the
/// drawings in its memory. One thread at a time.
class CudaDrawing {
 public:
  CudaDrawing();
  ~CudaDrawing();

  /// Lays `layers`, which are for frames of these caps, over a frame in GstCuda's memory, the first
  /// one undermost. Those that the frame before had are not uploaded again. Where GStreamer gives
  /// the memory a stream (1.24 and later), the GPU may still draw on return, as the memory's flag
  /// says. Throws Error where it cannot draw; the frame is then as it was, unless the GPU has
  /// failed while it drew.
  void draw(GstBuffer *frame, const GstVideoInfo &info,
            std::span<const OverlayLayer *const> layers);

  /// Gives up all memory on the GPU.
  void clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;  // null before the first frame
};

}  // namespace naclip
