// The overlay's inner loops over pixels, compiled for several processors. Plain memory in and out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "elements/support/paint.h"

namespace naclip {

/// Labels to numbers: numbers[label], or 0 where label >= count.
void renumber_bytes(const std::uint8_t *labels, const std::uint16_t *numbers, std::size_t count,
                    std::uint16_t *result, int width);

/// The same where numbers[label] is the label itself.
void renumber_equal(const std::uint8_t *labels, std::size_t count, std::uint16_t *result,
                    int width);

/// Marks by 1 the cells that see more than one class within two cells. `rows` are five rows with
/// a margin of two cells on either side; `differing` is room for width + 4 marks.
void mark_borders(const std::array<const std::uint16_t *, 5> &rows, std::uint8_t *differing,
                  std::uint8_t *marks, int width);

/// 0 for cells at a border of their class, 255 for the others. There is a cell more on each side.
void find_edges(const std::uint16_t *above, const std::uint16_t *row, const std::uint16_t *below,
                std::uint8_t *edges, int width);

/// codes = the least of codes and, where edges is 0, of `code`. `edges` holds 0 or 255.
void lower_codes(const std::uint8_t *edges, std::uint8_t code, std::uint8_t *codes, int width);

/// What kCells neighbouring cells see within two cells.
struct PairBlock {
  static constexpr int kCells = 8;  // a register of every processor
  using Values = std::array<std::uint16_t, kCells>;
  Values one, other;              ///< the lowest and the highest class
  Values only;                    ///< not 0 where there are no more than these two
  std::array<Values, 5> columns;  ///< by column of five, a bit for each cell of class `one`
};

/// `cells` is the first cell; there are two cells more on each side of the block.
void find_pairs(const std::uint16_t *cells, std::ptrdiff_t stride, PairBlock &block);

/// One row of pixels in cells that see two classes.
struct PairRow {
  static constexpr int kCoverSteps = 512;
  /// So many pixels are written at once: beyond a cell's last one, values change that later cells
  /// overwrite, or nobody reads.
  static constexpr int kPixels = 4;

  const PairBlock *blocks;     ///< of the row of cells
  const Paint *const *paints;  ///< by cell: kCoverSteps + 1, by coverage of `one`; null: left out
  const int *first_pixel;      ///< by cell; one more than there are cells
  std::array<const float *, 5> weights;  ///< by pixel from the mask's first one on
  int origin;                            ///< the pixel that weights begin with
  std::array<float, 32> sums;            ///< by bits of a column: how much of it they make
};

/// Looks up the paints of cells [begin, end).
void paint_pairs(const PairRow &row, int begin, int end, Paint *pixels);

}  // namespace naclip
