// Makes parts of a frame unrecognisable. Knows nothing of GStreamer.
#pragma once

#include <opencv2/core.hpp>

#include "elements/redact/cover_memory.h"
#include "elements/support/canvas.h"
#include "model/colour.h"

namespace naclip {

enum class RedactMode { kFill, kPixelate, kBlur };

/// What comes in the place of what is covered.
struct RedactStyle {
  RedactMode mode = RedactMode::kFill;
  Colour colour = 0;  ///< of kFill
  double strength =
      0.25;  ///< of the others: side of a cell as a part of the tallest region's height
};

/// Height of the tallest connected part of an area, or a little more, pixels. Parts that nearly
/// touch count as connected.
int tallest_part(const CoveredArea &area, cv::Size frame);

/// The side of the cells that are averaged over, pixels: at least `strength` of the height of the
/// tallest part and 16 lines of a frame of 720; a power of two, so that it seldom changes while a
/// region grows.
int cell_side(int frame_height, int tallest, double strength);

/// Covers areas of frames. Every byte of the pixels in an area is replaced, in all planes, alpha
/// and unused bytes included, and a sample of chroma where any of its pixels is in it. Fill writes
/// one colour, opaque. The other modes divide the frame into cells of cell_side() or more and keep
/// no more than each cell's mean: pixelate shows it, blur blends from one mean to the next. A mean
/// is over the whole cell, covered or not, so that a thin covered part does not show through. An
/// object is for one thread; it keeps memory from one frame to the next.
class Redactor {
 public:
  /// Throws Error{kSettings} for a format that cannot be drawn on.
  void draw(const Canvas &canvas, const CoveredArea &area, const RedactStyle &style);

 private:
  void fill(const CoveredArea &area, bool halved, const cv::Scalar &sample, cv::Mat &plane);
  /// Fills rows_: for each row of cells, what `plane` shows along it.
  void average(const CoveredArea &area, bool halved, const cv::Mat &plane, bool blur);
  void show_averages(const CoveredArea &area, bool halved, bool blur, cv::Mat &plane);

  cv::Mat used_, means_;  ///< by cell
  cv::Mat rows_;          ///< samples as wide as the plane
};

}  // namespace naclip
