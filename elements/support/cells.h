// Between a mask's cells and the pixels of the frame that it lies over, along one side of both.
#pragma once

#include <algorithm>
#include <cstdint>

namespace naclip {

/// Neighbours [begin, end) in a row or in a column.
struct Stretch {
  int begin = 0;
  int end = 0;

  constexpr bool empty() const { return begin >= end; }
  constexpr int size() const { return end - begin; }
};

/// One side of a mask over one of a frame: `cells` cells (>= 1) lie over `length` pixels (>= 1)
/// from pixel `start`, which may be outside of the frame's 0 to `frame`.
struct MaskSide {
  int cells;
  int start;
  int length;
  int frame;

  /// The pixels of the frame that cells touch.
  constexpr Stretch pixels(Stretch of) const {
    const std::int64_t first = std::int64_t{of.begin} * length / cells;
    const std::int64_t last = (std::int64_t{of.end} * length + cells - 1) / cells;
    return {clamped(start + first, frame), clamped(start + last, frame)};
  }

  /// The cells that lie within the frame, in part at least.
  constexpr Stretch visible() const {
    const std::int64_t before = std::max(-std::int64_t{start}, std::int64_t{0}) * cells / length;
    const std::int64_t until =
        (std::max(std::int64_t{frame} - start, std::int64_t{0}) * cells + length - 1) / length;
    return {clamped(before, cells), clamped(until, cells)};
  }

 private:
  static constexpr int clamped(std::int64_t position, int most) {
    return static_cast<int>(std::clamp<std::int64_t>(position, 0, most));
  }
};

}  // namespace naclip
