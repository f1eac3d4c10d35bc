#include "elements/zones/zone_cells.h"

#include <algorithm>
#include <cmath>

namespace naclip {
namespace {

/// The first cell whose centre is at or behind a place, in cells.
int first_cell(double place, int cells) {
  return static_cast<int>(std::clamp(std::ceil(place - 0.5), 0.0, static_cast<double>(cells)));
}

std::vector<ZonePoint> in_cells(const Zone &zone, const MaskPlace &place) {
  std::vector<ZonePoint> points;
  points.reserve(zone.points.size());
  for (const ZonePoint &point : zone.points)
    points.push_back(
        {(point.x * place.frame_width - place.x) * place.width / place.covered_width,
         (point.y * place.frame_height - place.y) * place.height / place.covered_height});
  return points;
}

struct Bounds {
  double left, top, right, bottom;
};

Bounds bounds_of(const std::vector<ZonePoint> &points) {
  Bounds bounds{points[0].x, points[0].y, points[0].x, points[0].y};
  for (const ZonePoint &point : points) {
    bounds.left = std::min(bounds.left, point.x);
    bounds.right = std::max(bounds.right, point.x);
    bounds.top = std::min(bounds.top, point.y);
    bounds.bottom = std::max(bounds.bottom, point.y);
  }
  return bounds;
}

/// Where a polygon's edges cross a horizontal line, from left to right.
void find_crossings(const std::vector<ZonePoint> &points, double y,
                    std::vector<double> &crossings) {
  crossings.clear();
  for (std::size_t i = 0; i < points.size(); ++i) {
    const ZonePoint &from = points[i], &to = points[(i + 1) % points.size()];
    if ((from.y <= y) == (to.y <= y)) continue;
    crossings.push_back(from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x));
  }
  std::sort(crossings.begin(), crossings.end());
}

}  // namespace

MaskPlace place_of(const FrameMask &mask, int frame_width, int frame_height) {
  const MaskRectangle &rectangle = mask.rectangle();
  return {mask.width(),    mask.height(),    rectangle.x, rectangle.y,
          rectangle.width, rectangle.height, frame_width, frame_height};
}

std::vector<CellSpan> cells_of(const Zone &zone, const MaskPlace &place) {
  const std::vector<ZonePoint> points = in_cells(zone, place);
  const Bounds bounds = bounds_of(points);
  std::vector<CellSpan> spans;
  std::vector<double> crossings;
  bool has_centres = false;  // also of cells that the mask would have outside its edges
  const int end_row = first_cell(bounds.bottom, place.height);
  for (int row = first_cell(bounds.top, place.height); row < end_row; ++row) {
    find_crossings(points, row + 0.5, crossings);
    for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
      has_centres |= std::ceil(crossings[i] - 0.5) < std::ceil(crossings[i + 1] - 0.5);
      const int begin = first_cell(crossings[i], place.width);
      const int end = first_cell(crossings[i + 1], place.width);
      if (begin < end) spans.push_back({row, begin, end});
    }
  }
  if (has_centres) return spans;
  const double x = std::floor((bounds.left + bounds.right) / 2);
  const double y = std::floor((bounds.top + bounds.bottom) / 2);
  if (x < 0 || y < 0 || x >= place.width || y >= place.height) return spans;
  return {{static_cast<int>(y), static_cast<int>(x), static_cast<int>(x) + 1}};
}

}  // namespace naclip
