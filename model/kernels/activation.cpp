#include "model/kernels/activation.h"

#include "model/kernels/activation_lanes.h"

namespace naclip::kernels {

namespace {

/// function: as quick_gelu_of()
template <class Lanes, typename Element, typename Function>
NACLIP_INLINE void activate(Element *values, std::int64_t count, Function function) {
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= count; i += kLanes<Lanes>)
    store(values + i, function(load<Lanes>(values + i)));
  if (i < count)
    store_some(values + i, function(load_some<Lanes>(values + i, count - i)), count - i);
}

// Functions as objects: a call by pointer might not become part of each form.
constexpr auto kQuickGelu = [](auto x) NACLIP_INLINED { return quick_gelu_of(x); };
constexpr auto kGelu = [](auto x) NACLIP_INLINED { return gelu_of(x); };

template <class Lanes, typename Element>
NACLIP_INLINE void add(float *x, const Element *delta, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= count; i += kLanes<Lanes>)
    store(x + i, load<Lanes>(x + i) + load<Lanes>(delta + i));
  const std::int64_t rest = count - i;
  if (rest > 0)
    store_some(x + i, load_some<Lanes>(x + i, rest) + load_some<Lanes>(delta + i, rest), rest);
}

template <typename Element, typename Function>
void activate_all(Element *values, std::int64_t count, Function function) {
  with_lanes([&]<class Lanes>(Form<Lanes>)
                 NACLIP_INLINED { activate<Lanes>(values, count, function); });
}

template <typename Element>
void add_all(float *x, const Element *delta, std::int64_t count) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED { add<Lanes>(x, delta, count); });
}

template <typename Element>
void normalise_all(const float *x, const Norm &norm, std::int64_t rows, Element *out) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row)
      normalise_row<Lanes>(x + row * norm.width, norm, out + row * norm.width);
  });
}

}  // namespace

void quick_gelu(float *values, std::int64_t count) {
  activate_all(values, count, kQuickGelu);
}

void quick_gelu(Bfloat16 *values, std::int64_t count) {
  activate_all(values, count, kQuickGelu);
}

void gelu(float *values, std::int64_t count) {
  activate_all(values, count, kGelu);
}

void gelu(Bfloat16 *values, std::int64_t count) {
  activate_all(values, count, kGelu);
}

void accumulate(float *x, const float *delta, std::int64_t count) {
  add_all(x, delta, count);
}

void accumulate(float *x, const Bfloat16 *delta, std::int64_t count) {
  add_all(x, delta, count);
}

void normalise(const float *x, const Norm &norm, std::int64_t rows, float *out) {
  normalise_all(x, norm, rows, out);
}

void normalise(const float *x, const Norm &norm, std::int64_t rows, Bfloat16 *out) {
  normalise_all(x, norm, rows, out);
}

}  // namespace naclip::kernels
