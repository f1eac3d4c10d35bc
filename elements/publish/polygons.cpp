#include "elements/publish/polygons.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace naclip {

cv::Rect LabelMapPlace::visible_cells() const {
  const auto cell = [](double pixel, int begin, int length, int count) {
    return std::clamp((pixel - begin) * count / length, 0.0, static_cast<double>(count));
  };
  const int left = static_cast<int>(cell(0, rectangle.x, rectangle.width, cells.width));
  const int top = static_cast<int>(cell(0, rectangle.y, rectangle.height, cells.height));
  const double right = cell(frame.width, rectangle.x, rectangle.width, cells.width);
  const double bottom = cell(frame.height, rectangle.y, rectangle.height, cells.height);
  return {left, top, static_cast<int>(std::ceil(right)) - left,
          static_cast<int>(std::ceil(bottom)) - top};
}

cv::Point2f LabelMapPlace::pixels(cv::Point corner) const {
  const double x = rectangle.x + static_cast<double>(corner.x) * rectangle.width / cells.width;
  const double y = rectangle.y + static_cast<double>(corner.y) * rectangle.height / cells.height;
  return {static_cast<float>(std::clamp(x, 0.0, static_cast<double>(frame.width))),
          static_cast<float>(std::clamp(y, 0.0, static_cast<double>(frame.height)))};
}

cv::Rect LabelMapPlace::pixels(const cv::Rect &cells) const {
  const cv::Point2f begin = pixels(cells.tl()), end = pixels(cells.br());
  const cv::Point corner(static_cast<int>(std::floor(begin.x)),
                         static_cast<int>(std::floor(begin.y)));
  return {corner,
          cv::Point(static_cast<int>(std::ceil(end.x)), static_cast<int>(std::ceil(end.y)))};
}

void PolygonWriter::find(const cv::Mat &labels, const std::vector<bool> &chosen,
                         const LabelMapPlace &place, double tolerance) {
  rings_.clear();
  points_.clear();
  const cv::Rect visible = place.visible_cells();
  if (visible.empty()) return;
  tracer_.trace(labels(visible), chosen);
  for (const Outline &outline : tracer_.outlines()) add(outline, place, visible.tl(), tolerance);
}

void PolygonWriter::add(const Outline &outline, const LabelMapPlace &place, cv::Point first_cell,
                        double tolerance) {
  const bool outer = rings_.empty() || rings_.back().part != outline.part;
  exact_.clear();
  for (std::size_t i = 0; i < outline.points; ++i)
    exact_.push_back(place.pixels(tracer_.corners()[outline.begin + i] + first_cell));
  const std::vector<cv::Point2f> *shape = &exact_;
  if (tolerance > 0 && exact_.size() > 4) {
    cv::approxPolyDP(exact_, simple_, tolerance, true);
    // A part that is narrower than the tolerance keeps its form.
    if (simple_.size() > 2) shape = &simple_;
  }
  Ring ring{outline.id, outline.part, outer, points_.size(), 0};
  std::int64_t area = 0;
  for (const cv::Point2f &point : *shape) {
    const cv::Point whole(cvRound(point.x), cvRound(point.y));
    if (points_.size() > ring.begin && points_.back() == whole) continue;
    points_.push_back(whole);
  }
  while (points_.size() > ring.begin + 1 && points_.back() == points_[ring.begin])
    points_.pop_back();
  ring.points = points_.size() - ring.begin;
  for (std::size_t i = 0; i < ring.points; ++i) {
    const cv::Point &a = points_[ring.begin + i];
    const cv::Point &b = points_[ring.begin + (i + 1) % ring.points];
    area += static_cast<std::int64_t>(a.x) * b.y - static_cast<std::int64_t>(b.x) * a.y;
  }
  if (area == 0) ring.points = 0;
  rings_.push_back(ring);
}

void PolygonWriter::write(std::size_t id, const char *name, JsonText &json) const {
  json.begin_list(name);
  bool in_part = false, skips_part = false;
  for (const Ring &ring : rings_) {
    if (ring.id != id) continue;
    if (ring.outer) {
      if (in_part) json.end_list();
      skips_part = ring.points == 0;
      in_part = !skips_part;
      if (in_part) json.begin_list();
    }
    if (skips_part || ring.points == 0) continue;
    json.begin_list();
    for (std::size_t i = 0; i < ring.points; ++i) {
      const cv::Point &point = points_[ring.begin + i];
      json.begin_list();
      json.integer(nullptr, point.x);
      json.integer(nullptr, point.y);
      json.end_list();
    }
    json.end_list();
  }
  if (in_part) json.end_list();
  json.end_list();
}

}  // namespace naclip
