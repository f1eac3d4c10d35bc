// What masks cover of a frame, and what those shortly before and after it covered. Knows nothing of
// GStreamer.
#pragma once

#include <opencv2/core.hpp>

#include <cstdint>
#include <vector>

namespace naclip {

/// The part of a frame that is to be covered: rectangles in its pixels, inside it. They may
/// overlap.
using CoveredArea = std::vector<cv::Rect>;

/// All of a frame of this size.
CoveredArea whole_area(cv::Size frame);

/// Adds what lies outside `known`, pixels of the frame.
void add_outside(const cv::Rect &known, cv::Size frame, CoveredArea &area);

/// The mask's cells to cover, 255, and the others, 0: [height, width] 8UC1. `labels` [height,
/// width] 8UC1 or 16UC1 region ids, `chosen` by id. `invert`: those that are not chosen. An id
/// beyond `chosen` is covered either way.
cv::Mat cells_to_cover(const cv::Mat &labels, const std::vector<bool> &chosen, bool invert);

/// When each cell was covered last. Masks of one size and place share their memory, so that the
/// cost does not grow with the time that is remembered. An object is for one thread.
class CoverMemory {
 public:
  /// A mask of the frame at `time`, ns. `cells` as cells_to_cover(); they lie evenly over
  /// `rectangle`, pixels of the frame, which may reach beyond it.
  void add(const cv::Mat &cells, const cv::Rect &rectangle, std::int64_t time);

  /// What was covered from `since` on, ns; what is older is forgotten. It is grown by `dilate`
  /// pixels, or a little more, in each direction. A pixel is covered where any part of it was.
  CoveredArea area(cv::Size frame, std::int64_t since, int dilate);

  /// The frames have another size from now on.
  void rescale(cv::Size from, cv::Size to);

  void clear() { layers_.clear(); }

 private:
  /// Masks of one size and place.
  struct Layer {
    cv::Rect rectangle;
    std::int64_t begin, newest;  // ns
    cv::Mat last;                // 32SC1, when covered last: ms after `begin`, or kNever
  };

  std::vector<Layer> layers_;
  cv::Mat cells_;
};

}  // namespace naclip
