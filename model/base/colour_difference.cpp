#include "model/base/colour_difference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace naclip {
namespace {

constexpr double kLeastDifference = 10.0, kLeastDeficientDifference = 5.0;
constexpr double kPi = std::numbers::pi;

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

// By Sight, for linear RGB.
constexpr std::array<Matrix, 4> kSights = {{
    {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
    {{{0.152286, 1.052583, -0.204868},
      {0.114503, 0.786281, 0.099216},
      {-0.003882, -0.048116, 1.051998}}},
    {{{0.367322, 0.860646, -0.227968},
      {0.280085, 0.672501, 0.047413},
      {-0.011820, 0.042940, 0.968881}}},
    {{{1.255528, -0.076749, -0.178779},
      {-0.078411, 0.930809, 0.147602},
      {0.004733, 0.691367, 0.303900}}},
}};
constexpr Matrix kToXyz = {{{0.4124564, 0.3575761, 0.1804375},
                            {0.2126729, 0.7151522, 0.0721750},
                            {0.0193339, 0.1191920, 0.9503041}}};

Vector times(const Matrix &matrix, const Vector &vector) {
  Vector result{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) result[i] += matrix[i][j] * vector[j];
  return result;
}

double linear(Colour channel) {
  const double value = (channel & 0xff) / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double cube_root(double value) {
  return value > 216.0 / 24389.0 ? std::cbrt(value) : (24389.0 / 27.0 * value + 16.0) / 116.0;
}

double seventh_power_part(double chroma) {
  const double power = std::pow(chroma, 7);
  return std::sqrt(power / (power + std::pow(25.0, 7)));
}

double radians(double degrees) {
  return degrees * kPi / 180.0;
}

}  // namespace

double luminance(Colour colour) {
  return 0.2126 * linear(colour >> 16) + 0.7152 * linear(colour >> 8) + 0.0722 * linear(colour);
}

Lab lab_of(Colour colour, Sight sight) {
  Vector seen = times(kSights[static_cast<std::size_t>(sight)],
                      {linear(colour >> 16), linear(colour >> 8), linear(colour)});
  for (double &value : seen) value = std::clamp(value, 0.0, 1.0);
  const Vector white = times(kToXyz, {1, 1, 1});
  Vector xyz = times(kToXyz, seen);
  for (std::size_t i = 0; i < 3; ++i) xyz[i] = cube_root(xyz[i] / white[i]);
  return {116.0 * xyz[1] - 16.0, 500.0 * (xyz[0] - xyz[1]), 200.0 * (xyz[1] - xyz[2])};
}

double colour_difference(const Lab &one, const Lab &other) {
  // Greyish colours' a is stretched.
  const double stretch =
      1.0 + 0.5 * (1.0 - seventh_power_part(
                             (std::hypot(one.a, one.b) + std::hypot(other.a, other.b)) / 2.0));
  const double a1 = one.a * stretch, a2 = other.a * stretch;
  const double chroma1 = std::hypot(a1, one.b), chroma2 = std::hypot(a2, other.b);
  const double hue1 = std::atan2(one.b, a1), hue2 = std::atan2(other.b, a2);
  const bool coloured = chroma1 * chroma2 > 0.0;
  const double turn = coloured ? std::remainder(hue2 - hue1, 2.0 * kPi) : 0.0;
  // The mean hue lies half the shorter turn from the first.
  const double hue = coloured ? hue1 + turn / 2.0 : hue1 + hue2;
  const double chroma = (chroma1 + chroma2) / 2.0, light = (one.light + other.light) / 2.0;

  const double weight = 1.0 - 0.17 * std::cos(hue - radians(30)) + 0.24 * std::cos(2.0 * hue) +
                        0.32 * std::cos(3.0 * hue + radians(6)) -
                        0.20 * std::cos(4.0 * hue - radians(63));
  const double from_blue = std::remainder(hue - radians(275), 2.0 * kPi) / radians(25);
  const double rotation =
      -2.0 * seventh_power_part(chroma) * std::sin(radians(60) * std::exp(-from_blue * from_blue));
  const double middle = (light - 50.0) * (light - 50.0);
  const double by_light =
      (other.light - one.light) / (1.0 + 0.015 * middle / std::sqrt(20.0 + middle));
  const double by_chroma = (chroma2 - chroma1) / (1.0 + 0.045 * chroma);
  const double by_hue =
      2.0 * std::sqrt(chroma1 * chroma2) * std::sin(turn / 2.0) / (1.0 + 0.015 * chroma * weight);
  return std::sqrt(by_light * by_light + by_chroma * by_chroma + by_hue * by_hue +
                   rotation * by_chroma * by_hue);
}

bool confusable(Colour one, Colour other) {
  const auto seen = [=](Sight sight) {
    return colour_difference(lab_of(one, sight), lab_of(other, sight));
  };
  return seen(Sight::kNormal) < kLeastDifference ||
         std::any_of(kDeficiencies.begin(), kDeficiencies.end(),
                     [&](Sight sight) { return seen(sight) < kLeastDeficientDifference; });
}

}  // namespace naclip
