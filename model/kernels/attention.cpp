#include "attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lanes.h"

namespace naclip::kernels {

namespace {

// Queries at once, and vectors of the outcome at once: their sums fill half of AVX-512's registers.
constexpr std::int64_t kRows = 8;
constexpr std::int64_t kVectors = 2;
constexpr std::int64_t kTile = kVectors * kLanes;

constexpr std::int64_t tiled(std::int64_t count) {
  return (count + kTile - 1) / kTile * kTile;
}

/// out[r][0 .. kTile) = sum over k < depth of a[r][k] b[k][0 .. kTile).
NACLIP_INLINE void multiply_tile(const float *a, std::int64_t a_pitch, const float *b,
                                 std::int64_t b_pitch, std::int64_t depth, float *out,
                                 std::int64_t out_pitch) {
  Lanes sums[kRows][kVectors] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    const Lanes left = load(b + k * b_pitch), right = load(b + k * b_pitch + kLanes);
    for (std::int64_t row = 0; row < kRows; ++row) {
      const Lanes factor = splat(a[row * a_pitch + k]);
      sums[row][0] += factor * left;
      sums[row][1] += factor * right;
    }
  }
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t vector = 0; vector < kVectors; ++vector)
      store(out + row * out_pitch + vector * kLanes, sums[row][vector]);
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

/// Keys as columns, [width, tiled N], and values as rows, [N, tiled width], both padded with zeros.
/// line: [width]
template <typename Element>
NACLIP_INLINE void pack(const AttentionHead<Element> &head, float *keys, float *values,
                        float *line) {
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.width);
  std::fill_n(keys, head.width * columns, 0.0F);
  std::fill_n(values, head.tokens * width, 0.0F);
  for (std::int64_t token = 0; token < head.tokens; ++token) {
    copy_row(head.key.data + token * head.key.pitch, head.width, line);
    for (std::int64_t c = 0; c < head.width; ++c) keys[c * columns + token] = line[c] * head.scale;
    copy_row(head.value.data + token * head.value.pitch, head.width, values + token * width);
  }
}

NACLIP_INLINE void add_line(float *line, const float *other, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) line[x] += other[x];
}

template <typename Element>
NACLIP_INLINE void attend_to(const AttentionHead<Element> &head, std::int64_t first,
                             std::int64_t last, float *scratch) {
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.width);
  float *keys = scratch;
  float *values = keys + head.width * columns;
  float *queries = values + head.tokens * width;
  float *weights = queries + kRows * head.width;
  float *out = weights + kRows * columns;
  pack(head, keys, values, queries);
  for (std::int64_t begin = first; begin < last; begin += kRows) {
    const std::int64_t rows = std::min(kRows, last - begin);
    for (std::int64_t row = 0; row < kRows; ++row)  // the last query stands in for those missing
      copy_row(head.query.data + (begin + std::min(row, rows - 1)) * head.query.pitch, head.width,
               queries + row * head.width);
    for (std::int64_t x = 0; x < head.tokens; x += kTile)
      multiply_tile(queries, head.width, keys + x, columns, head.width, weights + x, columns);
    for (std::int64_t row = 0; row < rows; ++row) {
      float *line = weights + row * columns;
      if (head.bias != nullptr)
        add_line(line, head.bias + (begin + row) * head.tokens, head.tokens);
      softmax_line(line, head.tokens, padded(head.tokens));
    }
    for (std::int64_t x = 0; x < width; x += kTile)
      multiply_tile(weights, columns, values + x, width, head.tokens, out + x, width);
    for (std::int64_t row = 0; row < rows; ++row)
      copy_row(out + row * width, head.width, head.out.data + (begin + row) * head.out.pitch);
  }
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

std::int64_t attention_scratch(std::int64_t tokens, std::int64_t width) {
  const std::int64_t keys = width * tiled(tokens), values = tokens * tiled(width);
  return keys + values + kRows * (width + tiled(tokens) + tiled(width));
}

NACLIP_TARGETS
void attend(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  attend_to(head, first, last, scratch);
}

NACLIP_TARGETS
void attend(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  attend_to(head, first, last, scratch);
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
