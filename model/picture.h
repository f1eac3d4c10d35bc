// A borrowed view of one video frame, in host memory or on a GPU.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pixel_format.h"

namespace naclip {

/// A size in pixels.
struct PictureSize {
  int height = 0;
  int width = 0;
  bool operator==(const PictureSize &) const = default;
};

/// The luma coefficients that Y'CbCr was made with.
enum class ColourMatrix { kBt601, kBt709, kBt2020 };

/// How much of Y' is red and blue; the rest is green.
struct LumaWeights {
  float red, blue;
};

/// From ITU-R BT.601, BT.709 and BT.2020.
constexpr LumaWeights luma_weights(ColourMatrix matrix) {
  switch (matrix) {
    case ColourMatrix::kBt709:
      return {0.2126F, 0.0722F};
    case ColourMatrix::kBt2020:
      return {0.2627F, 0.0593F};
    case ColourMatrix::kBt601:
      break;
  }
  return {0.299F, 0.114F};
}

/// 16..235 (limited) or 0..255 (full) for 8-bit luma.
enum class ColourRange { kLimited, kFull };

/// One frame; nothing is owned. Rows of plane p begin `strides[p]` bytes apart. How many planes
/// there are and what lies where in them is told by layout_of(format).
struct Picture {
  PixelFormat format = PixelFormat::kRgb;
  int width = 0;   ///< pixels, >= 1
  int height = 0;  ///< pixels, >= 1
  /// A pixel's width over its height as the picture is displayed, > 0. The network sees square
  /// ones.
  double pixel_aspect = 1.0;
  std::array<const std::uint8_t *, 3> planes{};
  std::array<std::ptrdiff_t, 3> strides{};  ///< bytes
  ColourMatrix matrix = ColourMatrix::kBt601;
  ColourRange range = ColourRange::kLimited;
  /// Which CUDA device's memory the planes point into, as CUDA numbers them; -1: host memory.
  /// Device memory may belong to any CUDA context of this process. Only a model on that device
  /// takes such pictures, and they have to stay until segment() returns.
  int cuda_device = -1;
  /// A CUevent (cudaEvent_t) that was recorded behind whatever writes the planes: the model's
  /// stream waits for it. Null: the planes are complete. Host pictures have none.
  void *ready_event = nullptr;
};

}  // namespace naclip
