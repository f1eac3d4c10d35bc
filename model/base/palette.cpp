#include "model/base/palette.h"

#include <array>
#include <cmath>

namespace naclip {
namespace {

// Made by generate_palette.py.
constexpr std::array<Colour, kChosenColours> kChosen{
    0x3300E6, 0x99FFCC, 0xFFB2FF, 0x4C4C00, 0x008066, 0xCCE600, 0x9966FF, 0x801A66, 0xFF4C99,
    0x668000, 0x00B2B2, 0xB2B266, 0xFF1A33, 0x004C99, 0xB20033, 0xE69900, 0x8099E6, 0xB24C99,
    0xFFE699, 0x33994C, 0xCC8066, 0x9933CC, 0x4C4CFF, 0xCC0066, 0x4CE666, 0x0080B2, 0x66FFFF,
    0x66CCB2, 0xFF66FF, 0xFF9999, 0xB2FF66, 0x804C80, 0x99004C, 0xB266CC, 0x994C00, 0x66B280,
    0xB24C4C, 0xCC6680, 0x991A00, 0x663380, 0x99CC80, 0xE699CC, 0xFF00CC, 0xFF6633, 0xB26633,
    0x0066B2, 0xCCB24C, 0xFF66CC, 0x3333B2, 0xE6B200, 0xB2994C, 0x00FFB2, 0xFF8099, 0x33B2FF,
    0x8080E6, 0xB21A80, 0x4C9900, 0xCCCC4C, 0x00E6CC, 0x6666E6,
};

// The hue turns by the golden ratio's fraction, so that no hue comes back soon; saturation and
// brightness change in steps that have no common period with it.
Colour spread_colour(std::size_t n) {
  constexpr double kGoldenFraction = 0.6180339887498949;
  const double hue = std::fmod(static_cast<double>(n) * kGoldenFraction, 1.0) * 6.0;
  const double saturation = 0.45 + 0.25 * static_cast<double>(n % 3);
  const double value = 0.55 + 0.15 * static_cast<double>(n % 4);
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue, 6.0);
    const double weight = std::fmax(0.0, std::fmin(1.0, std::fmin(k, 4.0 - k)));
    return static_cast<Colour>(std::lround(255.0 * value * (1.0 - saturation * weight)));
  };
  return channel(5.0) << 16 | channel(3.0) << 8 | channel(1.0);
}

}  // namespace

Colour palette_colour(std::size_t n) {
  return n < kChosen.size() ? kChosen[n] : spread_colour(n - kChosen.size());
}

}  // namespace naclip
