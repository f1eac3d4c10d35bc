#include "model/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

/// What of a product is computed at once: its sums and two vectors have to fit the processor's
/// registers. A vector that is wider than a register lives in memory, and costs eight times as
/// much.
template <int lanes, std::int64_t rows>
struct Tile {
  typedef float Vector __attribute__((vector_size(4 * lanes)));
  static constexpr std::int64_t kRows = rows;
  static constexpr std::int64_t kVectors = 2;
  static constexpr std::int64_t kColumns = kVectors * lanes;
  static constexpr std::int64_t kLanes = lanes;
};
using TileOf512Bits = Tile<16, 8>;
using TileOf256Bits = Tile<8, 6>;
using TileOf128Bits = Tile<4, 6>;

// Of all tiles; the others' columns divide these.
constexpr std::int64_t kMostRows = TileOf512Bits::kRows;
constexpr std::int64_t kMostColumns = TileOf512Bits::kColumns;

constexpr std::int64_t tiled(std::int64_t count) {
  return (count + kMostColumns - 1) / kMostColumns * kMostColumns;
}

/// out[r][0 .. columns) = sum over k < depth of a[r][k] b[k][0 .. columns).
template <typename Tile>
NACLIP_INLINE void multiply_tile(const float *a, std::int64_t a_pitch, const float *b,
                                 std::int64_t b_pitch, std::int64_t depth, float *out,
                                 std::int64_t out_pitch) {
  using Vector = typename Tile::Vector;
  Vector sums[Tile::kRows][Tile::kVectors] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    Vector left, right;
    __builtin_memcpy(&left, b + k * b_pitch, sizeof left);
    __builtin_memcpy(&right, b + k * b_pitch + Tile::kLanes, sizeof right);
    for (std::int64_t row = 0; row < Tile::kRows; ++row) {
      const float factor = a[row * a_pitch + k];
      sums[row][0] += factor * left;
      sums[row][1] += factor * right;
    }
  }
  for (std::int64_t row = 0; row < Tile::kRows; ++row)
    __builtin_memcpy(out + row * out_pitch, sums[row], sizeof sums[row]);
}

/// Softmax of the first `count` of a line; those behind, up to `padded_count`, are of no use after.
NACLIP_INLINE void softmax_line(float *line, std::int64_t count, std::int64_t padded_count) {
  std::fill(line + count, line + padded_count, -std::numeric_limits<float>::infinity());
  Lanes greatest = load(line);
  for (std::int64_t x = kLanes; x < padded_count; x += kLanes)
    greatest = larger(greatest, load(line + x));
  const float offset = largest_of(greatest);
  Lanes total{};
  for (std::int64_t x = 0; x < padded_count; x += kLanes) {
    const Lanes value = exponential(load(line + x) - offset);
    store(line + x, value);
    total += value;
  }
  const float factor = 1.0F / sum_of(total);
  for (std::int64_t x = 0; x < padded_count; x += kLanes) store(line + x, load(line + x) * factor);
}

template <typename From, typename To>
NACLIP_INLINE void copy_row(const From *from, std::int64_t count, To *to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  if (i < count) store_some(to + i, load_some(from + i, count - i), count - i);
}

/// Keys as columns, [width, tiled N], and values as rows, [N, tiled value_width], both padded with
/// zeros. line: [width]
template <typename Element>
NACLIP_INLINE void pack(const AttentionHead<Element> &head, float *keys, float *values,
                        float *line) {
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.value_width);
  std::fill_n(keys, head.width * columns, 0.0F);
  std::fill_n(values, head.tokens * width, 0.0F);
  for (std::int64_t token = 0; token < head.tokens; ++token) {
    copy_row(head.key.data + token * head.key.pitch, head.width, line);
    for (std::int64_t c = 0; c < head.width; ++c) keys[c * columns + token] = line[c] * head.scale;
    copy_row(head.value.data + token * head.value.pitch, head.value_width, values + token * width);
  }
}

NACLIP_INLINE void add_line(float *line, const float *other, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) line[x] += other[x];
}

template <typename Tile, typename Element>
NACLIP_INLINE void attend_to(const AttentionHead<Element> &head, std::int64_t first,
                             std::int64_t last, float *scratch) {
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.value_width);
  float *keys = scratch;
  float *values = keys + head.width * columns;
  float *queries = values + head.tokens * width;
  float *weights = queries + kMostRows * head.width;
  float *out = weights + kMostRows * columns;
  pack(head, keys, values, queries);
  for (std::int64_t begin = first; begin < last; begin += Tile::kRows) {
    const std::int64_t rows = std::min(Tile::kRows, last - begin);
    // The last query stands in for those missing.
    for (std::int64_t row = 0; row < Tile::kRows; ++row)
      copy_row(head.query.data + (begin + std::min(row, rows - 1)) * head.query.pitch, head.width,
               queries + row * head.width);
    for (std::int64_t x = 0; x < head.tokens; x += Tile::kColumns)
      multiply_tile<Tile>(queries, head.width, keys + x, columns, head.width, weights + x, columns);
    for (std::int64_t row = 0; row < rows; ++row) {
      float *line = weights + row * columns;
      if (head.bias != nullptr)
        add_line(line, head.bias + (begin + row) * head.tokens, head.tokens);
      softmax_line(line, head.tokens, padded(head.tokens));
    }
    for (std::int64_t x = 0; x < width; x += Tile::kColumns)
      multiply_tile<Tile>(weights, columns, values + x, width, head.tokens, out + x, width);
    for (std::int64_t row = 0; row < rows; ++row)
      copy_row(out + row * width, head.value_width, head.out.data + (begin + row) * head.out.pitch);
  }
}

#ifdef NACLIP_HAS_512_BITS
template <typename Element>
__attribute__((target("arch=x86-64-v4"))) void attend_by_512_bits(
    const AttentionHead<Element> &head, std::int64_t first, std::int64_t last, float *scratch) {
  attend_to<TileOf512Bits>(head, first, last, scratch);
}
#endif

#ifdef NACLIP_HAS_TARGETS
template <typename Element>
__attribute__((target("arch=x86-64-v3"))) void attend_by_256_bits(
    const AttentionHead<Element> &head, std::int64_t first, std::int64_t last, float *scratch) {
  attend_to<TileOf256Bits>(head, first, last, scratch);
}
#endif

template <typename Element>
void attend_by_best(const AttentionHead<Element> &head, std::int64_t first, std::int64_t last,
                    float *scratch) {
#ifdef NACLIP_HAS_512_BITS
  if (__builtin_cpu_supports("x86-64-v4")) return attend_by_512_bits(head, first, last, scratch);
#endif
#ifdef NACLIP_HAS_TARGETS
  if (__builtin_cpu_supports("x86-64-v3")) return attend_by_256_bits(head, first, last, scratch);
#endif
  attend_to<TileOf128Bits>(head, first, last, scratch);
}

template <typename Element>
NACLIP_INLINE float dot(const Element *a, const Element *b, std::int64_t count) {
  Lanes sum{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sum += load(a + i) * load(b + i);
  if (i < count) sum += load_some(a + i, count - i) * load_some(b + i, count - i);
  return sum_of(sum);
}

/// sum += factor x row; sum: room for whole vectors.
template <typename Element>
NACLIP_INLINE void add_scaled(float *sum, float factor, const Element *row, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(sum + i, load(sum + i) + load(row + i) * factor);
  if (i < count) store(sum + i, load(sum + i) + load_some(row + i, count - i) * factor);
}

template <typename Element>
NACLIP_INLINE void attend_along(const PathAttention<Element> &task, float *scratch) {
  float *weights = scratch, *sum = scratch + task.length;
  for (std::int64_t head = 0; head < task.heads; ++head) {
    const std::int64_t first = head * task.width;
    float greatest = -std::numeric_limits<float>::infinity();
    for (std::int64_t i = 0; i < task.length; ++i) {
      const Element *key = task.key.data + task.path[i] * task.key.pitch + first;
      weights[i] = task.scale * dot(task.query + first, key, task.width);
      greatest = std::max(greatest, weights[i]);
    }
    float total = 0.0F;
    for (std::int64_t i = 0; i < task.length; ++i) {
      weights[i] = std::exp(weights[i] - greatest);
      total += weights[i];
    }
    std::fill_n(sum, padded(task.width), 0.0F);
    for (std::int64_t i = 0; i < task.length; ++i)
      add_scaled(sum, weights[i] / total, task.value.data + task.path[i] * task.value.pitch + first,
                 task.width);
    copy_row(sum, task.width, task.out + first);
  }
}

}  // namespace

std::int64_t attention_scratch(std::int64_t tokens, std::int64_t width, std::int64_t value_width) {
  const std::int64_t keys = width * tiled(tokens), values = tokens * tiled(value_width);
  return keys + values + kMostRows * (width + tiled(tokens) + tiled(value_width));
}

void attend(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  attend_by_best(head, first, last, scratch);
}

void attend(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  attend_by_best(head, first, last, scratch);
}

NACLIP_TARGETS
void attend_path(const PathAttention<float> &task, float *scratch) {
  attend_along(task, scratch);
}

NACLIP_TARGETS
void attend_path(const PathAttention<Bfloat16> &task, float *scratch) {
  attend_along(task, scratch);
}

}  // namespace naclip::kernels
