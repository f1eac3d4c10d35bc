// The connected parts of a mask's regions. Knows nothing of frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "elements/support/cells.h"

namespace naclip {

/// A borrowed mask, or a rectangle of one.
struct LabelView {
  const std::uint8_t *labels;  ///< [height, width] region ids
  std::ptrdiff_t stride;       ///< bytes from row to row
  int width;
  int height;
  int bytes_per_label;  ///< 1, or 2 (little endian)
};

/// How many cells may lie between two cells of one part, in a row and in a column.
struct Gap {
  int across = 0;
  int down = 0;
};

/// Cells of one region that belong together.
struct Part {
  std::size_t region;
  Stretch columns, rows;  ///< the smallest rectangle around them
  std::int64_t cells;     ///< without holes and gaps
};

/// The parts of the chosen regions that have `least` cells or more, the largest first, those of one
/// size by region and from top to bottom. Two cells of a region are in one part if at most `gap`
/// lies between them, along both sides: without a gap, if they touch, be it at a corner. Region ids
/// at or above chosen.size() are not chosen. One pass over the mask, then one over its runs of equal
/// labels for each row of the gap.
std::vector<Part> find_parts(const LabelView &mask, const std::vector<bool> &chosen, Gap gap,
                             std::int64_t least);

}  // namespace naclip
