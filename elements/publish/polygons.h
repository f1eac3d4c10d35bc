// Outlines as polygons in a frame's pixels.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "elements/publish/json_text.h"
#include "elements/publish/outlines.h"

namespace naclip {

/// Where a label map lies in a frame.
struct LabelMapPlace {
  cv::Size cells;      ///< of the map
  cv::Rect rectangle;  ///< that its cells cover evenly, pixels of the frame; may reach beyond it
  cv::Size frame;      ///< pixels

  /// The cells of which any part is in the frame.
  cv::Rect visible_cells() const;
  /// A corner of cells, in pixels of the frame.
  cv::Point2f pixels(cv::Point corner) const;
  /// The smallest rectangle of whole pixels around these cells, cut off at the frame's edges.
  cv::Rect pixels(const cv::Rect &cells) const;
};

/// The polygons of a label map's classes. An object is for one thread; it keeps its memory.
class PolygonWriter {
 public:
  /// `labels` [height, width] 8UC1 or 16UC1 ids; `chosen` by id. Outlines are simplified
  /// (Douglas-Peucker) such that none moves by more than `tolerance` pixels of the frame.
  void find(const cv::Mat &labels, const std::vector<bool> &chosen, const LabelMapPlace &place,
            double tolerance);

  /// Writes those of one class as a list of its connected parts. A part is a list of rings, the
  /// outer one first, behind it one for each hole. A ring is a list of points [x, y] without the
  /// first one again at its end, at least three, in whole pixels of the frame. A part or a hole
  /// that has no area in these is left out.
  void write(std::size_t id, const char *name, JsonText &json) const;

 private:
  void add(const Outline &outline, const LabelMapPlace &place, cv::Point first_cell,
           double tolerance);

  struct Ring {
    std::size_t id, part;
    bool outer;
    std::size_t begin, points;
  };

  OutlineTracer tracer_;
  std::vector<cv::Point2f> exact_, simple_;
  std::vector<Ring> rings_;
  std::vector<cv::Point> points_;
};

}  // namespace naclip
