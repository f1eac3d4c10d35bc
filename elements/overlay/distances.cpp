// How far the cells of a mask lie from the borders of their regions: for lines that are wider than
// coverage can tell, and for masks that are not enlarged.
#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "elements/overlay/regions.h"

namespace naclip {
namespace {

/// A path's length between two cells as the transform has it: straight, diagonal and knight's
/// steps.
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

/// Whether a line is drawn along a border of this cell.
bool RegionPainter::at_border(int x, int y) const {
  const std::uint16_t *cell = ids_of_row(y) + x;
  const auto stride = static_cast<std::ptrdiff_t>(stride_);
  const auto differs = [&](std::uint16_t other) { return other != *cell && lined(other); };
  return lined(*cell) &&
         (differs(cell[-1]) || differs(cell[1]) || differs(cell[-stride]) || differs(cell[stride]));
}

// Every cell's distance from its middle to the nearest border of its region. The transform runs
// over all regions at once: a way out of a region leads over a cell at its border.
void RegionPainter::measure_distances() {
  cv::Mat1b inner(height_, width_);
  for (int y = 0; y < height_; ++y) {
    std::uint8_t *result = inner.ptr<std::uint8_t>(y);
    for (int x = 0; x < width_; ++x) result[x] = !at_border(x, y);
  }
  cv::Mat1f distance;
  cv::distanceTransform(inner, distance, cv::DIST_L2, cv::DIST_MASK_5);
  keep_distances(distance + 0.5F);
}

void RegionPainter::keep_distances(const cv::Mat1f &distances) {
  distances_.resize(stride_ * (static_cast<std::size_t>(height_) + 2 * kMargin));
  cv::Mat1f padded(height_ + 2 * kMargin, width_ + 2 * kMargin, distances_.data());
  cv::copyMakeBorder(distances, padded, kMargin, kMargin, kMargin, kMargin, cv::BORDER_REPLICATE);
}

// The same where cells are not square on display: along rows and columns first, then from each
// cell over those around it. Distances beyond `reach` are not told apart.
void RegionPainter::measure_oblong_distances(float reach) {
  const float width = cell_width_ / scale_, height = cell_height_ / scale_;
  const float limit = reach + 2.0F * std::max(width, height);  // what a pixel's neighbours have
  const auto line = [&](const std::uint16_t *cells, std::ptrdiff_t step, int count, float side) {
    std::vector<float> distances(static_cast<std::size_t>(count), limit);
    const auto borders = [&](int i) {  // on the next cell
      const std::uint16_t one = cells[i * step], next = cells[(i + 1) * step];
      return one != next && lined(one) && lined(next);
    };
    float distance = limit;
    for (int i = 1; i < count; ++i) {
      distance = borders(i - 1) ? side / 2.0F : distance + side;
      distances[static_cast<std::size_t>(i)] = std::min(distance, limit);
    }
    distance = limit;
    for (int i = count - 2; i >= 0; --i) {
      distance = borders(i) ? side / 2.0F : distance + side;
      auto &nearest = distances[static_cast<std::size_t>(i)];
      nearest = std::min(nearest, distance);
    }
    return distances;
  };
  cv::Mat1f to_side(height_, width_), to_end(height_, width_);
  const auto stride = static_cast<std::ptrdiff_t>(stride_);
  for (int y = 0; y < height_; ++y)
    cv::Mat(line(ids_of_row(y), 1, width_, width), true).reshape(1, 1).copyTo(to_side.row(y));
  for (int x = 0; x < width_; ++x)
    cv::Mat(line(ids_of_row(0) + x, stride, height_, height), true).copyTo(to_end.col(x));
  cv::multiply(to_side, to_side, to_side);
  cv::multiply(to_end, to_end, to_end);
  cv::Mat1f squares = cv::min(to_side, to_end);
  const auto nearest = [&](const cv::Mat1f &from, int across, int down) {
    const cv::Rect whole(0, 0, width_, height_);
    const cv::Rect target = whole & (whole + cv::Point(across, down));
    const cv::Rect source = target - cv::Point(across, down);
    const float square = across * across * width * width + down * down * height * height;
    cv::Mat1f part = squares(target);
    if (!target.empty()) cv::min(part, from(source) + square, part);
  };
  for (int i = 1; i < height_ && static_cast<float>(i) * height < limit; ++i)
    for (const int down : {-i, i}) nearest(to_side, 0, down);
  for (int i = 1; i < width_ && static_cast<float>(i) * width < limit; ++i)
    for (const int across : {-i, i}) nearest(to_end, across, 0);
  cv::sqrt(squares, squares);
  keep_distances(squares);
}

// The same for narrow lines on masks that are not enlarged: distances beyond `reach`, at most
// kNearReach, do not count, and those of the margin are not looked at. A byte stands for a distance,
// so that a register holds many: which of the lengths of paths it is, from the shortest up.
void RegionPainter::measure_near_distances(float reach) {
  struct Offset {
    int across, down;
    float length;
    std::uint8_t code;
  };
  const int near = static_cast<int>(reach);
  std::vector<Offset> offsets;
  for (int down = -near; down <= near; ++down)
    for (int across = -near; across <= near; ++across)
      if (const float length = path_length(across, down); length <= reach)
        offsets.push_back({across, down, length, 0});
  std::sort(offsets.begin(), offsets.end(),
            [](const Offset &a, const Offset &b) { return a.length < b.length; });
  std::array<float, 256> distance_of_code{};
  distance_of_code.fill(static_cast<float>(width_) + static_cast<float>(height_));
  float length = 0.0F;
  std::uint8_t code = 0;
  for (Offset &offset : offsets) {
    if (offset.length > length) ++code;
    length = offset.length;
    offset.code = code;
    distance_of_code[code] = length + 0.5F;
  }
  const auto margin = static_cast<std::size_t>(near);
  const std::size_t stride = static_cast<std::size_t>(width_) + 2 * margin;
  edges_.assign(stride * (static_cast<std::size_t>(height_) + 2 * margin), 255);
  const auto edges_of_row = [&](int y) {
    return edges_.data() + static_cast<std::size_t>(y + near) * stride + margin;
  };
  for (int y = 0; y < height_; ++y)
    find_edges(ids_of_row(y - 1), ids_of_row(y), ids_of_row(y + 1), edges_of_row(y), width_);
  for (const CellRun &run : speckle_runs_)
    for (int y = std::max(run.row - 1, 0); y < std::min(run.row + 2, height_); ++y)
      for (int x = std::max(run.begin - 1, 0); x < std::min(run.end + 1, width_); ++x)
        edges_of_row(y)[x] = at_border(x, y) ? 0 : 255;
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
