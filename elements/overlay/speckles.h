// Parts of a mask's regions that are too small to be outlined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace naclip {

/// Neighbouring cells of one row, [begin, end).
struct CellRun {
  int row, begin, end;
};

/// Finds small connected parts, in one pass over the mask. Memory is kept from one mask to the
/// next.
class SpeckleFinder {
 public:
  /// The cells of all connected parts of fewer than `least` cells; cells that touch at a corner are
  /// connected. `cells` is [height, width] classes, `stride` their distance from row to row.
  std::span<const CellRun> find(const std::uint16_t *cells, std::ptrdiff_t stride, int width,
                                int height, int least);

 private:
  struct Part {
    CellRun run;
    std::size_t parent;  // of runs that are connected; its own index at the root
    int cells;           // of all below the root
  };

  void join(std::size_t one, std::size_t other);

  std::vector<Part> parts_;
  std::vector<CellRun> found_;
};

}  // namespace naclip
