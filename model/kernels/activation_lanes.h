// What lies between a transformer's linear layers, for kernels that do more at once.
#pragma once

#include <cstdint>

#include "model/kernels/activation.h"
#include "model/kernels/lanes.h"

namespace naclip::kernels {

inline constexpr float kNormEpsilon = 1e-5F;

template <class Lanes>
NACLIP_INLINE Lanes quick_gelu_of(Lanes x) {
  // e^88 is the last that float32 holds; the sigmoid is 0 long before.
  const Lanes power = x * -1.702F;
  return x / (1.0F + exponential(power > 88.0F ? splat<Lanes>(88.0F) : power));
}

/// What the normal distribution has beyond |x|, 1 - Phi(|x|), within 1.6e-7: e^(-x^2 / 2) times a polynomial
/// without constant in t = 1 / (1 + 0.46 |x| / sqrt(2)), the form of Abramowitz and Stegun's 7.1.26. Its
/// coefficients were fitted for the least greatest error, which is 2.5e-9 before rounding.
template <class Lanes>
NACLIP_INLINE Lanes normal_tail(Lanes x) {
  const Lanes t = 1.0F / (magnitude(x) * 0.325269119F + 1.0F);
  Lanes series = splat<Lanes>(0.0441218601F);
  series = series * t - 0.222544029F;
  series = series * t + 0.351389677F;
  series = series * t - 0.107496717F;
  series = series * t + 0.187721747F;
  series = series * t + 0.115975958F;
  series = series * t + 0.130831503F;
  return series * t * exponential(x * x * -0.5F);
}

template <class Lanes>
NACLIP_INLINE Lanes gelu_of(Lanes x) {
  const Lanes tail = x * normal_tail(x);
  return x < 0.0F ? tail : x - tail;
}

template <class Lanes, typename Element>
NACLIP_INLINE void normalise_row(const float *x, const Norm &norm, Element *out) {
  const std::int64_t whole = norm.width / kLanes<Lanes> * kLanes<Lanes>, rest = norm.width - whole;
  const auto width = static_cast<float>(norm.width);
  Lanes sum = load_some<Lanes>(x + whole, rest);
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>) sum += load<Lanes>(x + i);
  const float mean = sum_of(sum) / width;
  Lanes squares{};
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>) {
    const Lanes difference = load<Lanes>(x + i) - mean;
    squares += difference * difference;
  }
  float total = sum_of(squares);
  for (std::int64_t i = whole; i < norm.width; ++i) total += (x[i] - mean) * (x[i] - mean);
  const float factor = 1.0F / __builtin_sqrtf(total / width + kNormEpsilon);
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>)
    store(out + i, (load<Lanes>(x + i) - mean) * factor * load<Lanes>(norm.weight + i) +
                       load<Lanes>(norm.bias + i));
  if (rest > 0)
    store_some(out + whole,
               (load_some<Lanes>(x + whole, rest) - mean) * factor *
                       load_some<Lanes>(norm.weight + whole, rest) +
                   load_some<Lanes>(norm.bias + whole, rest),
               rest);
}

}  // namespace naclip::kernels
