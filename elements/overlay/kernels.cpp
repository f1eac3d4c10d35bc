#include "elements/overlay/kernels.h"

#include <algorithm>
#include <cstring>

#include "elements/drawing/vectorised.h"

namespace naclip {
namespace {

// Vectors of GCC's, since loops of fixed length are not reliably made into them.
using Cells = std::uint16_t __attribute__((vector_size(sizeof(PairBlock::Values))));
using Floats = float __attribute__((vector_size(PairRow::kPixels * sizeof(float))));
using Ints = int __attribute__((vector_size(PairRow::kPixels * sizeof(int))));

}  // namespace

void renumber_bytes(const std::uint8_t *labels, const std::uint16_t *numbers, std::size_t count,
                    std::uint16_t *result, int width) {
  for (int x = 0; x < width; ++x) result[x] = labels[x] < count ? numbers[labels[x]] : 0;
}

NACLIP_VECTORISED
void renumber_equal(const std::uint8_t *__restrict labels, std::size_t count,
                    std::uint16_t *__restrict result, int width) {
  const auto last = static_cast<std::uint8_t>(std::min<std::size_t>(count, 256) - 1);
  for (int x = 0; x < width; ++x) result[x] = labels[x] <= last ? labels[x] : 0;
}

NACLIP_VECTORISED
void mark_borders(const std::array<const std::uint16_t *, 5> &rows,
                  std::uint8_t *__restrict differing, std::uint8_t *__restrict marks, int width) {
  const std::uint16_t *highest = rows[0], *above = rows[1], *row = rows[2], *below = rows[3],
                      *lowest = rows[4];
  // 1: a cell differs from those above and below; 2: that, or from the cell before.
  differing[0] = static_cast<std::uint16_t>((highest[-2] ^ row[-2]) | (above[-2] ^ row[-2]) |
                                            (below[-2] ^ row[-2]) | (lowest[-2] ^ row[-2])) != 0;
  for (int x = -1; x < width + 2; ++x) {
    const std::uint16_t id = row[x];
    const auto column = static_cast<std::uint16_t>((highest[x] ^ id) | (above[x] ^ id) |
                                                   (below[x] ^ id) | (lowest[x] ^ id));
    const auto all = static_cast<std::uint16_t>(column | (row[x - 1] ^ id));
    differing[x + 2] = static_cast<std::uint8_t>((column != 0 ? 1 : 0) | (all != 0 ? 2 : 0));
  }
  for (int x = 0; x < width; ++x)
    marks[x] = ((differing[x] & 1) | differing[x + 1] | differing[x + 2] | differing[x + 3] |
                differing[x + 4]) != 0;
}

NACLIP_VECTORISED
void find_edges(const std::uint16_t *above, const std::uint16_t *row, const std::uint16_t *below,
                std::uint8_t *__restrict edges, int width) {
  for (int x = 0; x < width; ++x) {
    const std::uint16_t id = row[x];
    const auto differs = static_cast<std::uint16_t>((row[x - 1] ^ id) | (row[x + 1] ^ id) |
                                                    (above[x] ^ id) | (below[x] ^ id));
    edges[x] = differs != 0 ? 0 : 255;
  }
}

NACLIP_VECTORISED
void lower_codes(const std::uint8_t *__restrict edges, std::uint8_t code,
                 std::uint8_t *__restrict codes, int width) {
  for (int x = 0; x < width; ++x)
    codes[x] = std::min(codes[x], static_cast<std::uint8_t>(edges[x] | code));
}

NACLIP_VECTORISED
void find_pairs(const std::uint16_t *cells, std::ptrdiff_t stride, PairBlock &block) {
  Cells low, high;
  std::memcpy(&low, cells, sizeof low);
  high = low;
  for (std::ptrdiff_t line = -2; line <= 2; ++line)
    for (std::ptrdiff_t column = -2; column <= 2; ++column) {
      Cells seen;
      std::memcpy(&seen, cells + line * stride + column, sizeof seen);
      low = seen < low ? seen : low;
      high = seen > high ? seen : high;
    }
  Cells only = ~Cells{};
  for (std::ptrdiff_t column = -2; column <= 2; ++column) {
    Cells bits = {};
    for (std::ptrdiff_t line = -2; line <= 2; ++line) {
      Cells seen;
      std::memcpy(&seen, cells + line * stride + column, sizeof seen);
      const Cells mine = seen == low, others = seen == high;
      const auto bit = static_cast<std::uint16_t>(1U << (line + 2));
      bits |= mine & bit;
      only &= mine | others;
    }
    std::memcpy(&block.columns[static_cast<std::size_t>(column + 2)], &bits, sizeof bits);
  }
  std::memcpy(&block.one, &low, sizeof low);
  std::memcpy(&block.other, &high, sizeof high);
  std::memcpy(&block.only, &only, sizeof only);
}

NACLIP_VECTORISED
void paint_pairs(const PairRow &row, int begin, int end, Paint *pixels) {
  constexpr auto kSteps = static_cast<float>(PairRow::kCoverSteps);
  for (int cell = begin; cell < end; ++cell) {
    const Paint *paints = row.paints[cell];
    if (paints == nullptr) continue;
    const PairBlock &block = row.blocks[cell / PairBlock::kCells];
    const auto lane = static_cast<std::size_t>(cell % PairBlock::kCells);
    float columns[5];
    for (std::size_t i = 0; i < 5; ++i) columns[i] = row.sums[block.columns[i][lane]] * kSteps;
    const int last = row.first_pixel[cell + 1];
    for (int x = row.first_pixel[cell]; x < last; x += PairRow::kPixels) {
      Floats cover = {0.5F, 0.5F, 0.5F, 0.5F};
      for (std::size_t i = 0; i < 5; ++i) {
        Floats weights;
        std::memcpy(&weights, row.weights[i] + (x - row.origin), sizeof weights);
        cover += columns[i] * weights;
      }
      const Ints index = __builtin_convertvector(cover, Ints);
      for (int i = 0; i < PairRow::kPixels; ++i) pixels[x + i] = paints[index[i]];
    }
  }
}

}  // namespace naclip
