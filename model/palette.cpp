#include "palette.h"

#include <array>
#include <cmath>

namespace naclip {
namespace {

// Chosen greedily: each is the colour of an 11 x 11 x 11 sRGB grid (L* from 28 to 93, chroma of at
// least 24) that lies farthest in CIELAB from all before it and from black and white. The least
// distance is 31.
constexpr std::array<Colour, 30> kDistinct{
    0xE61A33, 0x0000FF, 0x00FF00, 0xFFCC00, 0xFF66E6, 0x008033, 0x0099FF, 0x804D00,
    0x00FFE6, 0x801A4D, 0x4D33B3, 0xB3FF80, 0xFF9999, 0x006680, 0xE6CC80, 0xFF8000,
    0xE6B3FF, 0xCC1AFF, 0xFF0080, 0x00CCFF, 0x809900, 0x1AB300, 0xB3FF00, 0x004D33,
    0x66B399, 0x806699, 0x80804D, 0x00FF99, 0xB380FF, 0x993399,
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
  return n < kDistinct.size() ? kDistinct[n] : spread_colour(n - kDistinct.size());
}

}  // namespace naclip
