#include "elements/redact/cover_memory.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "elements/support/cells.h"

namespace naclip {
namespace {

constexpr int kNever = std::numeric_limits<int>::min();
// A layer's times are 32 bits of milliseconds: after 12 days the masks go into another one.
constexpr int kLongest = 1 << 30;

/// Milliseconds, rounded down, and no more than so many.
int to_milliseconds(std::int64_t nanoseconds) {
  constexpr std::int64_t kUnit = 1'000'000;
  const std::int64_t rounded = nanoseconds / kUnit - (nanoseconds % kUnit < 0 ? 1 : 0);
  return static_cast<int>(std::clamp<std::int64_t>(rounded, -kLongest, kLongest));
}

/// The cells of a row that are covered, as rectangles of pixels.
void add_runs(const cv::Mat &cells, int row, const cv::Rect &rectangle, cv::Size frame,
              CoveredArea &area) {
  const MaskSide down{cells.rows, rectangle.y, rectangle.height, frame.height};
  const MaskSide across{cells.cols, rectangle.x, rectangle.width, frame.width};
  const Stretch lines = down.pixels({row, row + 1});
  if (lines.empty()) return;
  const auto *begin = cells.ptr<std::uint8_t>(row);
  const auto *end = begin + cells.cols;
  for (const auto *from = std::find(begin, end, 255); from != end;) {
    const auto *to = std::find(from, end, 0);
    const Stretch columns =
        across.pixels({static_cast<int>(from - begin), static_cast<int>(to - begin)});
    if (!columns.empty())
      area.emplace_back(columns.begin, lines.begin, columns.size(), lines.size());
    from = std::find(to, end, 255);
  }
}

/// Pixels in cells, rounded up; no more than reach over all cells.
int to_cells(int pixels, int cells, int length) {
  const std::int64_t count = (std::int64_t{pixels} * cells + length - 1) / length;
  return static_cast<int>(std::min<std::int64_t>(count, cells));
}

}  // namespace

CoveredArea whole_area(cv::Size frame) {
  return {cv::Rect({0, 0}, frame)};
}

void add_outside(const cv::Rect &known, cv::Size frame, CoveredArea &area) {
  const cv::Rect all({0, 0}, frame);
  const cv::Rect inside = known & all;
  if (inside == all) return;
  const int below = inside.y + inside.height, right = inside.x + inside.width;
  for (const cv::Rect &part : {cv::Rect(0, 0, frame.width, inside.y),
                               cv::Rect(0, below, frame.width, frame.height - below),
                               cv::Rect(0, inside.y, inside.x, inside.height),
                               cv::Rect(right, inside.y, frame.width - right, inside.height)})
    if (!part.empty()) area.push_back(part);
}

cv::Mat cells_to_cover(const cv::Mat &labels, const std::vector<bool> &chosen, bool invert) {
  CV_Assert(labels.type() == CV_8UC1 || labels.type() == CV_16UC1);
  std::vector<std::uint8_t> covered(labels.depth() == CV_8U ? 256 : 65536, 255);
  for (std::size_t id = 0; id < std::min(chosen.size(), covered.size()); ++id)
    covered[id] = chosen[id] != invert ? 255 : 0;
  cv::Mat cells(labels.size(), CV_8UC1);
  if (labels.depth() == CV_8U) {
    cv::LUT(labels, covered, cells);
    return cells;
  }
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      cells.at<std::uint8_t>(y, x) = covered[labels.at<std::uint16_t>(y, x)];
  return cells;
}

void CoverMemory::add(const cv::Mat &cells, const cv::Rect &rectangle, std::int64_t time) {
  const auto fits = [&](const Layer &layer) {
    return layer.rectangle == rectangle && layer.last.size() == cells.size() &&
           std::abs(time - layer.begin) / 1'000'000 < kLongest;
  };
  auto layer = std::find_if(layers_.begin(), layers_.end(), fits);
  if (layer == layers_.end()) {
    layers_.push_back({rectangle, time, time, cv::Mat(cells.size(), CV_32SC1, cv::Scalar(kNever))});
    layer = std::prev(layers_.end());
  }
  const int now = to_milliseconds(time - layer->begin);
  // A cell keeps its latest time where a frame comes after later ones.
  layer->last.setTo(now, time < layer->newest ? cv::Mat(cells & (layer->last < now)) : cells);
  layer->newest = std::max(layer->newest, time);
}

CoveredArea CoverMemory::area(cv::Size frame, std::int64_t since, int dilate) {
  std::erase_if(layers_, [&](const Layer &layer) { return layer.newest < since; });
  CoveredArea area;
  for (const auto &[rectangle, begin, newest, last] : layers_) {
    cv::compare(last, to_milliseconds(since - begin), cells_, cv::CMP_GE);
    const cv::Size reach(to_cells(dilate, cells_.cols, rectangle.width),
                         to_cells(dilate, cells_.rows, rectangle.height));
    if (!reach.empty())
      cv::dilate(cells_, cells_, cv::Mat::ones(2 * reach.height + 1, 2 * reach.width + 1, CV_8UC1));
    for (int row = 0; row < cells_.rows; ++row) add_runs(cells_, row, rectangle, frame, area);
  }
  return area;
}

void CoverMemory::rescale(cv::Size from, cv::Size to) {
  const auto down = [](int position, int length, int old) {
    return static_cast<int>(std::floor(static_cast<double>(position) * length / old));
  };
  for (Layer &layer : layers_) {
    cv::Rect &r = layer.rectangle;
    const cv::Point begin(down(r.x, to.width, from.width), down(r.y, to.height, from.height));
    const cv::Point end(-down(-(r.x + r.width), to.width, from.width),
                        -down(-(r.y + r.height), to.height, from.height));
    r = cv::Rect(begin, end);
  }
}

}  // namespace naclip
