// Frames that can be drawn on, and how a colour is written into their bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "elements/support/paint.h"
#include "model/colour.h"
#include "model/picture.h"

namespace naclip {

/// A borrowed, writable video frame; as Picture, but to be drawn on, in a format that
/// can_be_drawn_on().
struct Canvas {
  PixelFormat format = PixelFormat::kRgb;
  int width = 0;   ///< pixels, >= 1
  int height = 0;  ///< pixels, >= 1
  std::array<std::uint8_t *, 3> planes{};
  std::array<std::ptrdiff_t, 3> strides{};  ///< bytes
  ColourMatrix matrix = ColourMatrix::kBt601;
  ColourRange range = ColourRange::kLimited;
  double pixel_aspect = 1.0;  ///< a pixel's width on display by its height
};

/// Where the components of a sample lie in one plane.
struct PlaneLayout {
  int plane;
  int bytes_per_sample;
  bool halved;  ///< one sample for 2 x 2 pixels
  /// The component that each byte holds; -1: none, left as it is.
  std::array<std::int8_t, 4> bytes;
};

/// Whether there is colour to draw with, in bytes, and chroma for each pixel or for 2 x 2 of them.
constexpr bool can_be_drawn_on(const PixelLayout &layout) {
  return layout.bytes_per_sample == 1 && !layout.grey() &&
         layout.chroma_width == layout.chroma_height;
}

/// The planes of a format. The bytes of RGBx, BGRx, RGBA and BGRA that hold no colour are left as
/// they are, so that what was transparent stays so. Throws Error{kSettings} for a format that
/// cannot be drawn on.
std::span<const PlaneLayout> plane_layouts(PixelFormat format);

/// Colours in a frame's own components.
class ColourConverter {
 public:
  /// Matrix and range count for Y'CbCr only; RGB is full range.
  ColourConverter(PixelFormat format, ColourMatrix matrix, ColourRange range);

  /// The components of an opaque colour, 0..255, not rounded.
  std::array<float, 3> components(Colour colour) const;

  /// Converts premultiplied RGB of 0..255 each; `red`, `green` and `blue` <= `alpha`.
  Paint paint(float alpha, float red, float green, float blue) const;

 private:
  std::array<float, 3> convert(float alpha, float red, float green, float blue) const;

  std::array<std::array<float, 3>, 3> matrix_{};
  std::array<float, 3> offset_{};
};

}  // namespace naclip
