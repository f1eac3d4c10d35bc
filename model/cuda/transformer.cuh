// What lies between a transformer's linear layers; see model/network/transformer.h. Computed in float, whatever the
// tensors' type.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// CLIP's QuickGELU, x sigmoid(1.702 x).
template <class Element>
NACLIP_BODY void quick_gelu(Pack<Element> &pack) {
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Element>::kCount; ++i) {
    const float x = to_float(pack.of[i]);
    store(x / (1.0F + exponential(-1.702F * x)), pack.of[i]);
  }
}

/// The exact GELU, x Phi(x).
template <class Element>
NACLIP_BODY void gelu(Pack<Element> &pack) {
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Element>::kCount; ++i) {
    const float x = to_float(pack.of[i]);
    store(0.5F * x * error_function_complement(-0.70710678F * x), pack.of[i]);
  }
}

/// x += delta, rounded to their type; -> the sum of what x is then.
template <class Element>
NACLIP_BODY float accumulate(Pack<Element> &x, const Pack<Element> &delta) {
  float sum = 0.0F;
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Element>::kCount; ++i) {
    store(to_float(x.of[i]) + to_float(delta.of[i]), x.of[i]);
    sum += to_float(x.of[i]);
  }
  return sum;
}

/// The sum of squared distances from `mean`.
template <class Element>
NACLIP_BODY float squares_about(const Pack<Element> &x, float mean) {
  float sum = 0.0F;
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Element>::kCount; ++i) {
    const float distance = to_float(x.of[i]) - mean;
    sum = multiply_add(distance, distance, sum);
  }
  return sum;
}

/// (x - mean) x scale x weight + bias
template <class Element>
NACLIP_BODY Pack<Element> normalised(const Pack<Element> &x, float mean, float scale,
                                     const Pack<Element> &weight, const Pack<Element> &bias) {
  Pack<Element> result;
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Element>::kCount; ++i)
    store(multiply_add((to_float(x.of[i]) - mean) * scale, to_float(weight.of[i]),
                       to_float(bias.of[i])),
          result.of[i]);
  return result;
}

}  // namespace naclip::kernel
