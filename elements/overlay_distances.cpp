// How far the cells of a mask lie from the borders of their regions: for lines that are wider than
// coverage can tell, and for masks that are not enlarged.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "overlay_regions.h"

namespace naclip {
namespace {

/// Up to this distance, in cells, all cells around are looked at.
constexpr int kNear = 3;

/// A path's length between two cells as the transform has it: straight, diagonal and knight's steps.
float path_length(int across, int down) {
  const int longer = std::max(std::abs(across), std::abs(down));
  const int shorter = std::min(std::abs(across), std::abs(down));
  constexpr float kStraight = 1.0F, kDiagonal = 1.4F, kKnight = 2.1969F;
  return longer >= 2 * shorter ? static_cast<float>(longer - 2 * shorter) * kStraight +
                                     static_cast<float>(shorter) * kKnight
                               : static_cast<float>(2 * shorter - longer) * kDiagonal +
                                     static_cast<float>(longer - shorter) * kKnight;
}

}  // namespace

// Every cell's distance from its middle to the nearest border of its region. The transform runs
// over all regions at once: a way out of a region leads over a cell at its border.
void RegionPainter::measure_distances() {
  cv::Mat1b inner(height_, width_);
  for (int y = 0; y < height_; ++y) {
    const std::uint16_t *row = ids_of_row(y), *above = ids_of_row(y - 1),
                        *below = ids_of_row(y + 1);
    std::uint8_t *result = inner.ptr<std::uint8_t>(y);
    for (int x = 0; x < width_; ++x)
      result[x] =
          row[x - 1] == row[x] && row[x + 1] == row[x] && above[x] == row[x] && below[x] == row[x];
  }
  cv::Mat1f distance;
  cv::distanceTransform(inner, distance, cv::DIST_L2, cv::DIST_MASK_5);
  distances_.resize(stride_ * (static_cast<std::size_t>(height_) + 2 * kMargin));
  cv::Mat1f padded(height_ + 2 * kMargin, width_ + 2 * kMargin, distances_.data());
  cv::copyMakeBorder(distance + 0.5F, padded, kMargin, kMargin, kMargin, kMargin,
                     cv::BORDER_REPLICATE);
}

// The same for narrow lines on masks that are not enlarged: distances beyond `reach`, at most kNear,
// do not count, and those of the margin are not looked at. A byte stands for a distance, so that a
// register holds many.
void RegionPainter::measure_near_distances(float reach) {
  struct Offset {
    int across, down;
    std::uint8_t code;
  };
  constexpr float kCodes = 64.0F;  // a cell
  std::vector<Offset> offsets;
  std::array<float, 256> distance_of_code{};
  distance_of_code.fill(static_cast<float>(width_) + static_cast<float>(height_));
  for (int down = -kNear; down <= kNear; ++down)
    for (int across = -kNear; across <= kNear; ++across) {
      const float length = path_length(across, down);
      if (length > reach) continue;
      offsets.push_back({across, down, static_cast<std::uint8_t>(std::lround(length * kCodes))});
      distance_of_code[offsets.back().code] = length + 0.5F;
    }
  const std::size_t stride = static_cast<std::size_t>(width_) + std::size_t{2} * kNear;
  edges_.assign(stride * (static_cast<std::size_t>(height_) + std::size_t{2} * kNear), 255);
  const auto edges_of_row = [&](int y) {
    return edges_.data() + static_cast<std::size_t>(y + kNear) * stride + kNear;
  };
  for (int y = 0; y < height_; ++y)
    find_edges(ids_of_row(y - 1), ids_of_row(y), ids_of_row(y + 1), edges_of_row(y), width_);
  distances_.resize(stride_ * (static_cast<std::size_t>(height_) + std::size_t{2} * kMargin));
  for (int y = 0; y < height_; ++y) {
    codes_.assign(static_cast<std::size_t>(width_), 255);
    for (const Offset &offset : offsets)
      lower_codes(edges_of_row(y + offset.down) + offset.across, offset.code, codes_.data(),
                  width_);
    float *distances = &distances_[static_cast<std::size_t>(ids_of_row(y) - ids_.data())];
    for (std::size_t x = 0; x < codes_.size(); ++x) distances[x] = distance_of_code[codes_[x]];
  }
}

}  // namespace naclip
