// A frame for benchmarks of what draws on frames.
#pragma once

#include <cstdint>
#include <vector>

#include "elements/support/canvas.h"

namespace naclip::bench {

constexpr int kWidth = 1920, kHeight = 1080;

/// Bytes of 100 in each plane: I420, NV12 or a format of one plane.
struct Frame {
  explicit Frame(PixelFormat format = PixelFormat::kI420, int width = kWidth, int height = kHeight)
      : format(format),
        width(width),
        height(height),
        bytes(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4, 100) {}

  PixelFormat format;
  int width, height;
  std::vector<std::uint8_t> bytes;

  Canvas canvas() {
    Canvas canvas;
    canvas.format = format;
    canvas.width = width;
    canvas.height = height;
    canvas.matrix = ColourMatrix::kBt709;
    canvas.planes = {bytes.data(), bytes.data() + width * height,
                     bytes.data() + width * height * 5 / 4};
    if (format == PixelFormat::kI420)
      canvas.strides = {width, width / 2, width / 2};
    else if (format == PixelFormat::kNv12)
      canvas.strides = {width, width};
    else
      canvas.strides = {width * plane_layouts(format)[0].bytes_per_sample};
    return canvas;
  }
};

}  // namespace naclip::bench
