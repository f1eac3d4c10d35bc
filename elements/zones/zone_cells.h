// Which cells of a mask a zone has.
#pragma once

#include <vector>

#include "elements/support/frame_mask.h"
#include "elements/zones/rules.h"

namespace naclip {

/// How a mask lies on a frame.
struct MaskPlace {
  int width = 0, height = 0;  ///< of the mask, cells
  int x = 0, y = 0;           ///< of the rectangle that it covers, pixels of the frame
  int covered_width = 0, covered_height = 0;
  int frame_width = 0, frame_height = 0;  ///< pixels
  bool operator==(const MaskPlace &) const = default;
};

MaskPlace place_of(const FrameMask &mask, int frame_width, int frame_height);

/// Neighbouring cells of a row.
struct CellSpan {
  int row, begin, end;  ///< end: one past the last
};

/// The cells whose centres are in the zone, row by row. A zone that has no cell's centre has the one
/// cell in the middle of its bounds. What lies outside the mask is left out: nothing where all of
/// it does.
std::vector<CellSpan> cells_of(const Zone &zone, const MaskPlace &place);

}  // namespace naclip
