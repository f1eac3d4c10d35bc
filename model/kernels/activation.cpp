#include "model/kernels/activation.h"

namespace naclip::kernels {

namespace {

constexpr float kEpsilon = 1e-5F;

NACLIP_INLINE Lanes activated(Lanes x) {
  // e^88 is the last that float32 holds; the sigmoid is 0 long before.
  const Lanes power = x * -1.702F;
  return x / (1.0F + exponential(power > 88.0F ? splat(88.0F) : power));
}

template <typename Element>
NACLIP_INLINE void activate(Element *values, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(values + i, activated(load(values + i)));
  if (i < count) store_some(values + i, activated(load_some(values + i, count - i)), count - i);
}

template <typename Element>
NACLIP_INLINE void add(float *x, const Element *delta, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, load(x + i) + load(delta + i));
  const std::int64_t rest = count - i;
  if (rest > 0) store_some(x + i, load_some(x + i, rest) + load_some(delta + i, rest), rest);
}

template <typename Element>
NACLIP_INLINE void normalise_row(const float *x, const Norm &norm, Element *out) {
  const std::int64_t whole = norm.width / kLanes * kLanes, rest = norm.width - whole;
  const auto width = static_cast<float>(norm.width);
  Lanes sum = load_some(x + whole, rest);
  for (std::int64_t i = 0; i < whole; i += kLanes) sum += load(x + i);
  const float mean = sum_of(sum) / width;
  Lanes squares{};
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Lanes difference = load(x + i) - mean;
    squares += difference * difference;
  }
  float total = sum_of(squares);
  for (std::int64_t i = whole; i < norm.width; ++i) total += (x[i] - mean) * (x[i] - mean);
  const float factor = 1.0F / __builtin_sqrtf(total / width + kEpsilon);
  for (std::int64_t i = 0; i < whole; i += kLanes)
    store(out + i, (load(x + i) - mean) * factor * load(norm.weight + i) + load(norm.bias + i));
  if (rest > 0)
    store_some(out + whole,
               (load_some(x + whole, rest) - mean) * factor * load_some(norm.weight + whole, rest) +
                   load_some(norm.bias + whole, rest),
               rest);
}

}  // namespace

NACLIP_TARGETS
void quick_gelu(float *values, std::int64_t count) {
  activate(values, count);
}

NACLIP_TARGETS
void quick_gelu(Bfloat16 *values, std::int64_t count) {
  activate(values, count);
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
