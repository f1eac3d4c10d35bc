#include "model/kernels/activation.h"

#include "model/kernels/activation_lanes.h"

namespace naclip::kernels {

namespace {

/// function: as quick_gelu_of()
template <typename Element, typename Function>
NACLIP_INLINE void activate(Element *values, std::int64_t count, Function function) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(values + i, function(load(values + i)));
  if (i < count) store_some(values + i, function(load_some(values + i, count - i)), count - i);
}

// Functions as objects: a call by pointer might not become part of each compilation.
constexpr auto kQuickGelu = [](Lanes x) __attribute__((always_inline)) {
  return quick_gelu_of(x);
};
constexpr auto kGelu = [](Lanes x) __attribute__((always_inline)) {
  return gelu_of(x);
};

template <typename Element>
NACLIP_INLINE void add(float *x, const Element *delta, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, load(x + i) + load(delta + i));
  const std::int64_t rest = count - i;
  if (rest > 0) store_some(x + i, load_some(x + i, rest) + load_some(delta + i, rest), rest);
}

}  // namespace

NACLIP_TARGETS
void quick_gelu(float *values, std::int64_t count) {
  activate(values, count, kQuickGelu);
}

NACLIP_TARGETS
void quick_gelu(Bfloat16 *values, std::int64_t count) {
  activate(values, count, kQuickGelu);
}

NACLIP_TARGETS
void gelu(float *values, std::int64_t count) {
  activate(values, count, kGelu);
}

NACLIP_TARGETS
void gelu(Bfloat16 *values, std::int64_t count) {
  activate(values, count, kGelu);
}

NACLIP_TARGETS
void accumulate(float *x, const float *delta, std::int64_t count) {
  add(x, delta, count);
}

NACLIP_TARGETS
void accumulate(float *x, const Bfloat16 *delta, std::int64_t count) {
  add(x, delta, count);
}

NACLIP_TARGETS
void normalise(const float *x, const Norm &norm, std::int64_t rows, float *out) {
  for (std::int64_t row = 0; row < rows; ++row)
    normalise_row(x + row * norm.width, norm, out + row * norm.width);
}

NACLIP_TARGETS
void normalise(const float *x, const Norm &norm, std::int64_t rows, Bfloat16 *out) {
  for (std::int64_t row = 0; row < rows; ++row)
    normalise_row(x + row * norm.width, norm, out + row * norm.width);
}

}  // namespace naclip::kernels
