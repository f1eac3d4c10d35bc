// A frame for benchmarks of what draws on frames.
#pragma once

#include <cstdint>
#include <vector>

#include "elements/support/canvas.h"

namespace naclip::bench {

constexpr int kWidth = 1920, kHeight = 1080;

/// kWidth x kHeight bytes of 100 in each plane: I420, NV12 or a format of one plane.
struct Frame {
  explicit Frame(PixelFormat format = PixelFormat::kI420) : format(format) {}

  PixelFormat format;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kWidth * kHeight * 4, 100);

  Canvas canvas() {
    Canvas canvas;
    canvas.format = format;
    canvas.width = kWidth;
    canvas.height = kHeight;
    canvas.matrix = ColourMatrix::kBt709;
    canvas.planes = {bytes.data(), bytes.data() + kWidth * kHeight,
                     bytes.data() + kWidth * kHeight * 5 / 4};
    if (format == PixelFormat::kI420)
      canvas.strides = {kWidth, kWidth / 2, kWidth / 2};
    else if (format == PixelFormat::kNv12)
      canvas.strides = {kWidth, kWidth};
    else
      canvas.strides = {kWidth * plane_layouts(format)[0].bytes_per_sample};
    return canvas;
  }
};

}  // namespace naclip::bench
