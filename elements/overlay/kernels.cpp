#include "elements/overlay/kernels.h"

#include <algorithm>
#include <cstring>

// Loops are vectorised from -O3 on, whatever the rest is built with. The levels of x86-64 are asked
// for since names such as haswell are true on that processor alone, not on all that can do as much.
// Rows of a picture's borders are short: nothing is won by registers of 64 bytes.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define NACLIP_VECTORISED __attribute__((optimize(3), target_clones("default", "arch=x86-64-v3")))
#elif defined(__GNUC__) && !defined(__clang__)
// Sanitizers start before the resolver's processor check does.
#define NACLIP_VECTORISED __attribute__((optimize(3)))
#else
#define NACLIP_VECTORISED
#endif

namespace naclip {
namespace {

// Two bytes as one number, so that no vector has to be widened and narrowed again. Number is
// uint16_t or a vector of it.
template <typename Number>
inline __attribute__((always_inline)) Number blend_two(Number target, Number colour, Number alpha) {
  const auto kept = static_cast<Number>(~alpha);
  const auto low = static_cast<Number>((target & 255) * (kept & 255) + 128);
  const auto high = static_cast<Number>((target >> 8) * (kept >> 8) + 128);
  // Division by 255, rounded, exact for every product of two bytes.
  const auto low_part = static_cast<Number>(static_cast<Number>(low + (low >> 8)) >> 8);
  const auto high_part = static_cast<Number>((high + (high >> 8)) & 0xff00);
  // Since colour <= alpha, no sum is above 255.
  return static_cast<Number>((low_part | high_part) + colour);
}

template <typename Number>
inline __attribute__((always_inline)) void blend_at(std::uint8_t *target,
                                                    const std::uint8_t *colour,
                                                    const std::uint8_t *alpha) {
  Number result, colours, alphas;
  std::memcpy(&result, target, sizeof result);
  std::memcpy(&colours, colour, sizeof colours);
  std::memcpy(&alphas, alpha, sizeof alphas);
  result = blend_two(result, colours, alphas);
  std::memcpy(target, &result, sizeof result);
}

inline __attribute__((always_inline)) void blend(std::uint8_t *__restrict target,
                                                 const std::uint8_t *__restrict colour,
                                                 const std::uint8_t *__restrict alpha,
                                                 std::size_t count) {
  for (std::size_t i = 0; i + 1 < count; i += 2)
    blend_at<std::uint16_t>(target + i, colour + i, alpha + i);
  if (count % 2 == 0) return;
  const std::size_t last = count - 1;
  target[last] =
      static_cast<std::uint8_t>(blend_two<std::uint16_t>(target[last], colour[last], alpha[last]));
}

/// Writes the lowest bytes of one word for each paint, and as many times its alpha.
template <typename Word, int kStep>
inline __attribute__((always_inline)) void take(const Paint *__restrict paints, std::size_t count,
                                                const std::array<int, 3> &shifts,
                                                std::uint8_t *__restrict colour,
                                                std::uint8_t *__restrict alpha) {
  constexpr int kBytes = std::min(kStep, 3);
  // A fourth byte holds no colour.
  constexpr Paint kOnes = kBytes == 1 ? 1 : kBytes == 2 ? 0x0101 : 0x010101;
  for (std::size_t done = 0; done < count; done += kBlock / kStep)
    for (std::size_t i = 0; i < kBlock / kStep; ++i) {
      const Paint paint = paints[done + i];
      Paint word = paint >> shifts[0] & 255;
      if (kBytes > 1) word |= (paint >> shifts[1] & 255) << 8;
      if (kBytes > 2) word |= (paint >> shifts[2] & 255) << 16;
      const auto colours = static_cast<Word>(word),
                 alphas = static_cast<Word>((paint & 255) * kOnes);
      std::memcpy(colour + (done + i) * kStep, &colours, sizeof colours);
      std::memcpy(alpha + (done + i) * kStep, &alphas, sizeof alphas);
    }
}

// Vectors of GCC's, since loops of fixed length are not reliably made into them.
using Cells = std::uint16_t __attribute__((vector_size(sizeof(PairBlock::Values))));
using Floats = float __attribute__((vector_size(PairRow::kPixels * sizeof(float))));
using Ints = int __attribute__((vector_size(PairRow::kPixels * sizeof(int))));

}  // namespace

NACLIP_VECTORISED
void blend_bytes(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                 std::size_t count) {
  std::size_t done = 0;
  for (; done + kBlock <= count; done += kBlock)
    blend_at<Cells>(target + done, colour + done, alpha + done);
  if (done < count) blend(target + done, colour + done, alpha + done, count - done);
}

NACLIP_VECTORISED
void blend_pattern(std::uint8_t *target, const std::uint8_t *colour, const std::uint8_t *alpha,
                   std::size_t period, std::size_t count) {
  for (std::size_t done = 0; done < count; done += period)
    blend(target + done, colour, alpha, std::min(period, count - done));
}

NACLIP_VECTORISED
void take_samples(const Paint *paints, std::size_t count, int bytes,
                  const std::array<int, 3> &shifts, std::uint8_t *colour, std::uint8_t *alpha) {
  switch (bytes) {
    case 1:
      take<std::uint8_t, 1>(paints, count, shifts, colour, alpha);
      break;
    case 2:
      take<std::uint16_t, 2>(paints, count, shifts, colour, alpha);
      break;
    case 3:
      take<std::uint32_t, 3>(paints, count, shifts, colour, alpha);
      break;
    default:
      take<std::uint32_t, 4>(paints, count, shifts, colour, alpha);
  }
  const std::size_t end = count * static_cast<std::size_t>(bytes);
  std::memset(colour + end, 0, kBlock);
  std::memset(alpha + end, 0, kBlock);
}

NACLIP_VECTORISED
void halve_rows(const Paint *__restrict above, const Paint *__restrict below,
                Paint *__restrict means, std::size_t count) {
  // Two bytes of a word at a time, with room above each for the sum.
  constexpr Paint kBytes = 0x00ff00ff, kHalf = 0x00020002;
  for (std::size_t done = 0; done < count; done += kHalvedPaints)
    for (std::size_t i = done; i < done + kHalvedPaints; ++i) {
      const Paint a = above[2 * i], b = above[2 * i + 1], c = below[2 * i], d = below[2 * i + 1];
      const Paint even = (a & kBytes) + (b & kBytes) + (c & kBytes) + (d & kBytes) + kHalf;
      const Paint odd =
          (a >> 8 & kBytes) + (b >> 8 & kBytes) + (c >> 8 & kBytes) + (d >> 8 & kBytes) + kHalf;
      means[i] = (even >> 2 & kBytes) | (odd >> 2 & kBytes) << 8;
    }
}

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
