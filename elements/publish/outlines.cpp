#include "elements/publish/outlines.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "elements/publish/runs.h"

namespace naclip {
namespace {

template <class Id>
void add_boxes(const cv::Mat &labels, std::vector<cv::Rect> &boxes) {
  for (int y = 0; y < labels.rows; ++y) {
    const auto add = [&](std::int64_t begin, std::int64_t end, std::size_t id) {
      if (id < boxes.size())
        boxes[id] |= cv::Rect(static_cast<int>(begin), y, static_cast<int>(end - begin), 1);
    };
    for_each_run(labels.ptr<Id>(y), labels.cols, add);
  }
}

// The ways along the edges of cells, with the region on the right hand: east, south, west, north.
// At a corner, which cells lie ahead of it, from the one to its lower right.
struct Offset {
  int x, y;
  operator cv::Point() const { return {x, y}; }  // whose constructors are not constexpr
};
struct Way {
  Offset step, ahead_right, ahead_left;
};
constexpr std::size_t kEast = 0, kWest = 2;
constexpr std::array<Way, 4> kWays{{{{1, 0}, {0, 0}, {0, -1}},
                                    {{0, 1}, {-1, 0}, {0, 0}},
                                    {{-1, 0}, {-1, -1}, {-1, 0}},
                                    {{0, -1}, {0, -1}, {-1, -1}}}};

}  // namespace

void find_boxes(const cv::Mat &labels, std::size_t regions, std::vector<cv::Rect> &boxes) {
  boxes.assign(regions, {});
  if (labels.elemSize() == 1)
    add_boxes<std::uint8_t>(labels, boxes);
  else
    add_boxes<std::uint16_t>(labels, boxes);
}

void OutlineTracer::trace(const cv::Mat &labels, const std::vector<bool> &chosen) {
  outlines_.clear();
  corners_.clear();
  above_.assign(labels.total(), 0);
  if (labels.elemSize() == 1)
    scan<std::uint8_t>(labels, chosen);
  else
    scan<std::uint16_t>(labels, chosen);
  std::stable_sort(outlines_.begin(), outlines_.end(),
                   [](const Outline &a, const Outline &b) { return a.part < b.part; });
}

/// Every outline has an edge above a cell of its region: follows each such edge that none goes
/// along yet.
template <class Id>
void OutlineTracer::scan(const cv::Mat &labels, const std::vector<bool> &chosen) {
  for (int y = 0; y < labels.rows; ++y) {
    const Id *row = labels.ptr<Id>(y);
    const Id *row_above = y > 0 ? labels.ptr<Id>(y - 1) : nullptr;
    const std::uint32_t *seen = &above_[static_cast<std::size_t>(y) * labels.cols];
    for (int x = 0; x < labels.cols; ++x) {
      if (row_above != nullptr) {
        // Most rows are like the one above: eight bytes at a time.
        constexpr int kAtOnce = 8 / sizeof(Id);
        while (x + kAtOnce <= labels.cols && std::memcmp(row + x, row_above + x, 8) == 0)
          x += kAtOnce;
        if (x == labels.cols) break;
        if (row[x] == row_above[x]) continue;
      }
      if (seen[x] == 0 && row[x] < chosen.size() && chosen[row[x]]) follow<Id>(labels, {x, y});
    }
  }
}

/// Goes once around, from the upper left corner of the cell `start` to the right.
template <class Id>
void OutlineTracer::follow(const cv::Mat &labels, cv::Point start) {
  const Id id = labels.at<Id>(start);
  const auto is_inside = [&](cv::Point cell) {
    return cell.x >= 0 && cell.y >= 0 && cell.x < labels.cols && cell.y < labels.rows &&
           labels.at<Id>(cell) == id;
  };
  const auto outline_above = [&](cv::Point cell) -> std::uint32_t & {
    return above_[static_cast<std::size_t>(cell.y) * labels.cols + cell.x];
  };
  const std::size_t index = outlines_.size();
  Outline outline{id, index, corners_.size(), 0};
  cv::Point corner = start, highest(0, std::numeric_limits<int>::max());
  std::size_t way = kEast;
  std::int64_t area = 0;
  do {
    if (way == kEast) {
      outline_above(corner) = static_cast<std::uint32_t>(index + 1);
      area -= corner.y;
    } else if (way == kWest) {
      area += corner.y;
      if (corner.y < highest.y) highest = corner;
    }
    corner += cv::Point(kWays[way].step);
    const std::size_t before = way;
    if (!is_inside(corner + cv::Point(kWays[way].ahead_right)))
      way = (way + 1) % 4;
    else if (is_inside(corner + cv::Point(kWays[way].ahead_left)))
      way = (way + 3) % 4;
    if (way != before) corners_.push_back(corner);
  } while (corner != start || way != kEast);
  outline.points = corners_.size() - outline.begin;
  if (area < 0) {
    // A hole. The cell above its highest edge is of the part around it, and so are those above up
    // to an edge of that part, which was followed before, since it lies higher.
    cv::Point cell = highest - cv::Point(1, 1);
    while (is_inside(cell - cv::Point(0, 1))) --cell.y;
    const std::size_t around = outline_above(cell) - 1;
    outline.part = outlines_[around].part;
  }
  outlines_.push_back(outline);
}

}  // namespace naclip
