#include "model/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/kernels/attention_lanes.h"

namespace naclip::kernels {

namespace {

/// out[r][0 .. columns) = sum over k < depth of a[r][k] b[k][0 .. columns).
template <class Lanes>
NACLIP_INLINE void multiply_tile(const float *a, std::int64_t a_pitch, const float *b,
                                 std::int64_t b_pitch, std::int64_t depth, float *out,
                                 std::int64_t out_pitch) {
  Lanes sums[kTileRows<Lanes>][2] = {};
  for (std::int64_t k = 0; k < depth; ++k) {
    const Lanes left = load<Lanes>(b + k * b_pitch);
    const Lanes right = load<Lanes>(b + k * b_pitch + kLanes<Lanes>);
    for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row) {
      const float factor = a[row * a_pitch + k];
      sums[row][0] += factor * left;
      sums[row][1] += factor * right;
    }
  }
  for (std::int64_t row = 0; row < kTileRows<Lanes>; ++row)
    for (int i = 0; i < 2; ++i) store(out + row * out_pitch + i * kLanes<Lanes>, sums[row][i]);
}

/// Softmax of the first `count` of a line but for a factor, which it returns; those behind, up to whole vectors, are of
/// no use after.
template <class Lanes>
NACLIP_INLINE float softmax_line(float *line, std::int64_t count) {
  const std::int64_t end = padded(count);
  std::fill(line + count, line + end, -std::numeric_limits<float>::infinity());
  Lanes greatest = load<Lanes>(line);
  for (std::int64_t x = kLanes<Lanes>; x < end; x += kLanes<Lanes>)
    greatest = larger(greatest, load<Lanes>(line + x));
  const float offset = largest_of(greatest);
  Lanes total{};
  for (std::int64_t x = 0; x < end; x += kLanes<Lanes>) {
    const Lanes value = exponential(load<Lanes>(line + x) - offset);
    store(line + x, value);
    total += value;
  }
  return 1.0F / sum_of(total);
}

/// Scaled keys as columns, a tile's columns after the other's, [tiles, width, tile's columns], and values as rows,
/// [N, tiled value_width]; what lies beyond is zero. lines: [tile's columns, width]
template <class Lanes, typename Element>
NACLIP_INLINE void pack(const AttentionHead<Element> &head, float *keys, float *values,
                        float *lines) {
  constexpr std::int64_t kColumns = kTileColumns<Lanes>;
  for (std::int64_t begin = 0; begin < head.tokens; begin += kColumns) {
    const std::int64_t count = std::min(kColumns, head.tokens - begin);
    for (std::int64_t i = 0; i < count; ++i)
      copy_row<Lanes>(head.key.data + (begin + i) * head.key.pitch, head.width,
                      lines + i * head.width, head.scale);
    std::fill(lines + count * head.width, lines + kColumns * head.width, 0.0F);
    float *tile = keys + begin * head.width;
    for (std::int64_t c = 0; c < head.width; ++c)
      for (std::int64_t i = 0; i < kColumns; ++i)
        tile[c * kColumns + i] = lines[i * head.width + c];
  }
  const std::int64_t width = tiled(head.value_width);
  for (std::int64_t token = 0; token < head.tokens; ++token) {
    float *row = values + token * width;
    copy_row<Lanes>(head.value.data + token * head.value.pitch, head.value_width, row);
    std::fill(row + head.value_width, row + width, 0.0F);
  }
}

NACLIP_INLINE void add_line(float *line, const float *other, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) line[x] += other[x];
}

template <class Lanes, typename Element>
NACLIP_INLINE void attend_to(const AttentionHead<Element> &head, std::int64_t first,
                             std::int64_t last, float *scratch) {
  constexpr std::int64_t kRows = kTileRows<Lanes>, kColumns = kTileColumns<Lanes>;
  const std::int64_t columns = tiled(head.tokens), width = tiled(head.value_width);
  float *keys = aligned(scratch);
  float *values = keys + head.width * columns;
  float *queries = values + head.tokens * width;
  float *weights = queries + kMostColumns * head.width;
  float *out = weights + kMostRows * columns;
  pack<Lanes>(head, keys, values, queries);
  for (std::int64_t begin = first; begin < last; begin += kRows) {
    const std::int64_t rows = std::min(kRows, last - begin);
    // The last query stands in for those missing.
    for (std::int64_t row = 0; row < kRows; ++row)
      copy_row<Lanes>(head.query.data + (begin + std::min(row, rows - 1)) * head.query.pitch,
                      head.width, queries + row * head.width);
    for (std::int64_t x = 0; x < head.tokens; x += kColumns)
      multiply_tile<Lanes>(queries, head.width, keys + x * head.width, kColumns, head.width,
                           weights + x, columns);
    float factors[kRows];
    for (std::int64_t row = 0; row < rows; ++row) {
      float *line = weights + row * columns;
      if (head.bias != nullptr)
        add_line(line, head.bias + (begin + row) * head.tokens, head.tokens);
      factors[row] = softmax_line<Lanes>(line, head.tokens);
    }
    for (std::int64_t x = 0; x < width; x += kColumns)
      multiply_tile<Lanes>(weights, columns, values + x, width, head.tokens, out + x, width);
    for (std::int64_t row = 0; row < rows; ++row)
      copy_row<Lanes>(out + row * width, head.value_width,
                      head.out.data + (begin + row) * head.out.pitch, factors[row]);
  }
}

template <class Lanes, typename Element>
NACLIP_INLINE float dot(const Element *a, const Element *b, std::int64_t count) {
  Lanes sum{};
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= count; i += kLanes<Lanes>)
    sum += load<Lanes>(a + i) * load<Lanes>(b + i);
  if (i < count) sum += load_some<Lanes>(a + i, count - i) * load_some<Lanes>(b + i, count - i);
  return sum_of(sum);
}

/// sum += factor x row; sum: room for whole vectors.
template <class Lanes, typename Element>
NACLIP_INLINE void add_scaled(float *sum, float factor, const Element *row, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= count; i += kLanes<Lanes>)
    store(sum + i, load<Lanes>(sum + i) + load<Lanes>(row + i) * factor);
  if (i < count)
    store(sum + i, load<Lanes>(sum + i) + load_some<Lanes>(row + i, count - i) * factor);
}

template <class Lanes, typename Element>
NACLIP_INLINE void attend_along(const PathAttention<Element> &task, float *scratch) {
  float *weights = scratch, *sum = scratch + task.length;
  for (std::int64_t head = 0; head < task.heads; ++head) {
    const std::int64_t first = head * task.width;
    float greatest = -std::numeric_limits<float>::infinity();
    for (std::int64_t i = 0; i < task.length; ++i) {
      const Element *key = task.key.data + task.path[i] * task.key.pitch + first;
      weights[i] = task.scale * dot<Lanes>(task.query + first, key, task.width);
      greatest = std::max(greatest, weights[i]);
    }
    float total = 0.0F;
    for (std::int64_t i = 0; i < task.length; ++i) {
      weights[i] = std::exp(weights[i] - greatest);
      total += weights[i];
    }
    std::fill_n(sum, padded(task.width), 0.0F);
    for (std::int64_t i = 0; i < task.length; ++i)
      add_scaled<Lanes>(sum, weights[i] / total,
                        task.value.data + task.path[i] * task.value.pitch + first, task.width);
    copy_row<Lanes>(sum, task.width, task.out + first);
  }
}

}  // namespace

std::int64_t attention_scratch(std::int64_t tokens, std::int64_t width, std::int64_t value_width) {
  const std::int64_t keys = width * tiled(tokens), values = tokens * tiled(value_width);
  return kMostLanes + keys + values + kMostColumns * width +
         kMostRows * (tiled(tokens) + tiled(value_width));
}

void attend(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  with_lanes([&]<class Lanes>(Form<Lanes>)
                 NACLIP_INLINED { attend_to<Lanes>(head, first, last, scratch); });
}

void attend(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
            float *scratch) {
  with_lanes([&]<class Lanes>(Form<Lanes>)
                 NACLIP_INLINED { attend_to<Lanes>(head, first, last, scratch); });
}

void attend_path(const PathAttention<float> &task, float *scratch) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED { attend_along<Lanes>(task, scratch); });
}

void attend_path(const PathAttention<Bfloat16> &task, float *scratch) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED { attend_along<Lanes>(task, scratch); });
}

}  // namespace naclip::kernels
