// What masks cover of a frame, and what those shortly before and after it covered. Knows nothing of
// GStreamer.
#pragma once

#include <opencv2/core.hpp>

#include <cstdint>
#include <vector>

namespace naclip {

/// The part of a frame that is to be covered.
struct CoveredArea {
  std::vector<cv::Rect> rectangles;  ///< pixels of the frame, inside it; they may overlap
  int tallest = 0;  ///< height of the tallest connected part or more, pixels; 0 where not asked for
};

/// All of a frame of this size.
CoveredArea whole_area(cv::Size frame);

/// Adds what lies outside `known`, pixels of the frame.
void add_outside(const cv::Rect &known, cv::Size frame, CoveredArea &area);

/// The mask's cells to cover, 255, and the others, 0: [height, width] 8UC1. `labels` [height, width]
/// 8UC1 or 16UC1 region ids, `chosen` by id. `invert`: those that are not chosen. An id beyond
/// `chosen` is covered either way.
cv::Mat cells_to_cover(const cv::Mat &labels, const std::vector<bool> &chosen, bool invert);

/// When each cell was covered last. Masks of one size and place share their memory, so that the cost
/// does not grow with the time that is remembered. An object is for one thread.
class CoverMemory {
 public:
  /// A mask of the frame at `time`, ns. `cells` as cells_to_cover(); they lie evenly over
  /// `rectangle`, pixels of the frame, which may reach beyond it.
  void add(const cv::Mat &cells, const cv::Rect &rectangle, std::int64_t time);

  /// How an area is made of what is remembered.
  struct Wanted {
    std::int64_t since;    ///< ns: masks from then on count. What is older is forgotten
    cv::Size frame;        ///< pixels
    int dilate = 0;        ///< pixels, by which it grows in each direction, or by a little more
    bool tallest = false;  ///< whether to tell the height of the tallest part
  };

  /// What was covered since then. A pixel is covered where any part of it was.
  CoveredArea area(const Wanted &wanted);

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

  void add_layer(const Layer &layer, const Wanted &wanted, CoveredArea &area);

  std::vector<Layer> layers_;
  cv::Mat cells_, dilated_;
};

}  // namespace naclip
