// Where classes lie in a label map: their boxes and their outlines. Knows nothing of GStreamer.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace naclip {

/// The smallest rectangle of cells around each region, by id; an empty one where it has no cell.
/// `labels` [height, width] 8UC1 or 16UC1; ids at and above `regions` are skipped. One pass for all
/// of them.
void find_boxes(const cv::Mat &labels, std::size_t regions, std::vector<cv::Rect> &boxes);

/// A closed line along the edges of cells: the outer border of a connected part, or that of a hole
/// in it.
struct Outline {
  std::size_t id;             ///< the region's
  std::size_t part;           ///< index of the outline around it; its own where it is an outer one
  std::size_t begin, points;  ///< its corners: this many, from this one on
};

/// Follows the outlines of all chosen regions of a label map. A part is cells of one region that
/// touch along an edge; its area is exactly the one that its outlines enclose. An object is for one
/// thread; it keeps its memory from one map to the next.
class OutlineTracer {
 public:
  /// `labels` [height, width] 8UC1 or 16UC1, `chosen` by id; ids beyond it are skipped.
  void trace(const cv::Mat &labels, const std::vector<bool> &chosen);

  /// Those of the last map, a part's outer one before its holes.
  const std::vector<Outline> &outlines() const { return outlines_; }

  /// The corners of all, in cells: 0, 0 is the top left one's top left corner. Outer outlines go
  /// clockwise as seen on the picture, holes the other way.
  const std::vector<cv::Point> &corners() const { return corners_; }

 private:
  template <class Id>
  void scan(const cv::Mat &labels, const std::vector<bool> &chosen);
  template <class Id>
  void follow(const cv::Mat &labels, cv::Point start);

  std::vector<Outline> outlines_;
  std::vector<cv::Point> corners_;
  std::vector<std::uint32_t> above_;  ///< by cell: 1 + the outline along its upper edge, or 0
};

}  // namespace naclip
