// What a drawing puts over one pixel of a frame.
#pragma once

#include <cstdint>

namespace naclip {

/// What covers one pixel: alpha in the lowest byte, above it three components of the frame's own
/// colour space (R, G, B or Y', Cb, Cr), already multiplied by alpha / 255. A component never
/// exceeds alpha. One word, so that a register holds several.
using Paint = std::uint32_t;

constexpr Paint make_paint(std::uint8_t alpha, std::uint8_t one, std::uint8_t two,
                           std::uint8_t three) {
  return alpha | Paint{one} << 8 | Paint{two} << 16 | Paint{three} << 24;
}
constexpr std::uint8_t alpha_of(Paint paint) {
  return static_cast<std::uint8_t>(paint);
}

}  // namespace naclip
