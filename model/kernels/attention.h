// Attention of one head on the CPU, without the matrix of weights: a few queries at a time.
#pragma once

#include <cstdint>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

/// One head's tokens, [N, channels], rows `pitch` elements apart.
template <typename Element>
struct Tokens {
  Element *data;
  std::int64_t pitch;
};

/// What attend() works on; `width`: of queries and keys. Element is float or Bfloat16; all is computed in float32.
template <typename Element>
struct AttentionHead {
  Tokens<const Element> query, key, value;
  Tokens<Element> out;
  std::int64_t tokens, width, value_width;
  float scale;        ///< of the products of queries and keys
  const float *bias;  ///< [N, N], added to the scaled products; may be null
};

/// Floats of scratch that attend() needs.
std::int64_t attention_scratch(std::int64_t tokens, std::int64_t width, std::int64_t value_width);

/// softmax(scale x q k^T + bias) v for the queries [first, last).
void attend(const AttentionHead<float> &head, std::int64_t first, std::int64_t last,
            float *scratch);
void attend(const AttentionHead<Bfloat16> &head, std::int64_t first, std::int64_t last,
            float *scratch);

/// One token that attends to the tokens of a path, `length` of them, the rows path[i] of key and
/// value. query, out: [heads * width]; the rows of key and value likewise.
template <typename Element>
struct PathAttention {
  const Element *query;
  Tokens<const Element> key, value;
  Element *out;
  const std::int32_t *path;
  std::int64_t length, heads, width;
  float scale;
};

/// softmax(scale x q k^T) v for each head. scratch: [length + padded(width)] floats.
void attend_path(const PathAttention<float> &task, float *scratch);
void attend_path(const PathAttention<Bfloat16> &task, float *scratch);

}  // namespace naclip::kernels
