#include "elements/overlay/axis.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace naclip {
namespace {

/// The bell at a point that lies `t` cells, -0.5..0.5, to the right of the middle of a cell.
Weights bell(float t) {
  const float left = 0.5F * (0.5F - t) * (0.5F - t), right = 0.5F * (0.5F + t) * (0.5F + t);
  const float middle = 0.75F - t * t;
  return {0.25F * left, 0.5F * left + 0.25F * middle, 0.25F * left + 0.5F * middle + 0.25F * right,
          0.25F * middle + 0.5F * right, 0.25F * right};
}

/// Distances to a straight border, in cells, by the coverage on the near side: a table over 0.5..1.
class EdgeProfile {
 public:
  EdgeProfile() {
    float distance = 0.0F;
    for (std::size_t i = 0; i <= kSteps; ++i) {
      const float cover = 0.5F + 0.5F * static_cast<float>(i) / kSteps;
      while (distance < 2.0F && cover_at(distance) < cover) distance += 1.0F / 1024;
      distances_[i] = distance;
    }
    distances_[kSteps + 1] = distance;
  }

  float distance(float cover) const {
    const float position = std::clamp((cover - 0.5F) * 2.0F, 0.0F, 1.0F) * kSteps;
    const auto index = static_cast<std::size_t>(position);
    const float part = position - static_cast<float>(index);
    return distances_[index] + part * (distances_[index + 1] - distances_[index]);
  }

 private:
  static constexpr int kSteps = 256;

  /// The coverage of the cells from 0 on at a point of them.
  static float cover_at(float position) {
    const int cell = static_cast<int>(position);
    const Weights weights = bell(position - static_cast<float>(cell) - 0.5F);
    float sum = 0.0F;
    for (int i = -2; i <= 2; ++i)
      if (cell + i >= 0) sum += weights[static_cast<std::size_t>(i + 2)];
    return sum;
  }

  std::array<float, kSteps + 2> distances_{};
};

}  // namespace

Axis make_axis(int frame, int offset, int length, int cells, bool smooth) {
  Axis axis;
  axis.begin = std::clamp(offset, 0, frame);
  axis.end = std::clamp(offset + length, axis.begin, frame);
  axis.scale = static_cast<double>(length) / cells;
  const auto count = static_cast<std::size_t>(axis.end - axis.begin);
  axis.cell.resize(count);
  axis.weights.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t middle = 2 * (axis.begin + static_cast<std::int64_t>(i) - offset) + 1;
    const int cell = static_cast<int>(middle * cells / (2 * static_cast<std::int64_t>(length)));
    axis.cell[i] = std::clamp(cell, 0, cells - 1);
    const double position = static_cast<double>(middle) / (2.0 * axis.scale);
    const auto t = static_cast<float>(position - axis.cell[i] - 0.5);
    axis.weights[i] = smooth ? bell(t) : Weights{0.0F, 0.0F, 1.0F, 0.0F, 0.0F};
  }
  axis.first_pixel.resize(static_cast<std::size_t>(cells) + 1);
  std::size_t pixel = 0;
  for (int cell = 0; cell <= cells; ++cell) {
    while (pixel < count && axis.cell[pixel] < cell) ++pixel;
    axis.first_pixel[static_cast<std::size_t>(cell)] = axis.begin + static_cast<int>(pixel);
  }
  return axis;
}

float border_distance(float cover) {
  static const EdgeProfile kProfile;
  return kProfile.distance(cover);
}

}  // namespace naclip
