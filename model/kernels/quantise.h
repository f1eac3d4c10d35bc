// Rows of floats as bytes, for linear layers whose products are of 8 bits, on the CPU. A byte q of a row stands for
// scale * q + offset, both the row's own (dynamic quantisation, as in arXiv 2206.01861, section 4.1); weights are signed
// bytes with one scale an output channel.
#pragma once

#include <cstdint>

#include "model/kernels/activation.h"

namespace naclip::kernels {

struct RowScale {
  float scale, offset;
};

/// What the sums of a product stand for, by output channel, [width] each: for a row
/// scale * scales * sum + offset * totals + bias.
struct Columns {
  const float *scales, *totals, *bias;
  std::int64_t width;
};

/// Each row's least value becomes 0 and its greatest 255. x: [rows, width] -> out: the same.
void quantise(const float *x, std::int64_t rows, std::int64_t width, std::uint8_t *out,
              RowScale *scales);

/// normalise(), then quantise(). scratch: [norm.width]
void normalise_quantised(const float *x, const Norm &norm, std::int64_t rows, float *scratch,
                         std::uint8_t *out, RowScale *scales);

/// sums: [rows, columns.width] -> out: the same.
void dequantise(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                std::int64_t rows, float *out);

/// The same, added to x.
void accumulate_dequantised(const std::int32_t *sums, const RowScale *scales,
                            const Columns &columns, std::int64_t rows, float *x);

enum class Gelu { kQuick, kExact };

/// dequantise(), quick_gelu() or gelu(), quantise(). scratch: [columns.width]
void activate_quantised(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                        Gelu gelu, std::int64_t rows, float *scratch, std::uint8_t *out,
                        RowScale *out_scales);

/// One row of weights as signed bytes, -127..127. Returns the scale that they are multiplied with.
float quantise_weights(const float *weights, std::int64_t count, std::int8_t *out);

}  // namespace naclip::kernels
