// What lies between a transformer's linear layers, on the CPU. Elements are float or Bfloat16; the
// latter are computed in float32.
#pragma once

#include <cstdint>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

/// QuickGELU in place, x sigmoid(1.702 x) (arXiv 2103.00020).
void quick_gelu(float *values, std::int64_t count);
void quick_gelu(Bfloat16 *values, std::int64_t count);

/// The exact GELU in place, x Phi(x) (arXiv 1606.08415), within 1.6e-7 |x|.
void gelu(float *values, std::int64_t count);
void gelu(Bfloat16 *values, std::int64_t count);

/// x += delta, [rows, width].
void accumulate(float *x, const float *delta, std::int64_t count);
void accumulate(float *x, const Bfloat16 *delta, std::int64_t count);

/// Weight and bias of a layer normalisation, [width] each.
struct Norm {
  const float *weight, *bias;
  std::int64_t width;
};

/// Layer normalisation over each row, epsilon 1e-5. x: [rows, width] -> out, the same.
void normalise(const float *x, const Norm &norm, std::int64_t rows, float *out);
void normalise(const float *x, const Norm &norm, std::int64_t rows, Bfloat16 *out);

}  // namespace naclip::kernels
