#include "model/kernels/quantise.h"

#include "model/kernels/activation_lanes.h"

namespace naclip::kernels {

namespace {

constexpr float kSteps = 255.0F;  // between a row's least and greatest value
constexpr float kWeightSteps = 127.0F;

template <class Lanes>
NACLIP_INLINE RowScale quantise_row(const float *x, std::int64_t width, std::uint8_t *out) {
  const std::int64_t whole = width / kLanes<Lanes> * kLanes<Lanes>, rest = width - whole;
  // 0 is among the values, so that the lanes beyond the end do no harm.
  Lanes least{}, greatest{};
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>) {
    const Lanes values = load<Lanes>(x + i);
    least = smaller(least, values);
    greatest = larger(greatest, values);
  }
  const Lanes last = load_some<Lanes>(x + whole, rest);
  const float lowest = -largest_of(-smaller(least, last));
  const float range = largest_of(larger(greatest, last)) - lowest;
  if (!(range > 0.0F)) {
    for (std::int64_t i = 0; i < width; ++i) out[i] = 0;
    return {0.0F, 0.0F};
  }
  const float steps = kSteps / range;
  const auto byte_of = [&](Lanes values)
                           NACLIP_INLINED { return (values - lowest) * steps + 0.5F; };
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>)
    store(out + i, byte_of(load<Lanes>(x + i)));
  if (rest > 0) store_some(out + whole, byte_of(last), rest);
  return {range / kSteps, lowest};
}

template <class Lanes>
NACLIP_INLINE float quantise_channel(const float *weights, std::int64_t count, std::int8_t *out) {
  const std::int64_t whole = count / kLanes<Lanes> * kLanes<Lanes>, rest = count - whole;
  const Lanes last = load_some<Lanes>(weights + whole, rest);
  Lanes greatest = magnitude(last);
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>)
    greatest = larger(greatest, magnitude(load<Lanes>(weights + i)));
  const float range = largest_of(greatest);
  const float steps = range > 0.0F ? kWeightSteps / range : 0.0F;
  for (std::int64_t i = 0; i < whole; i += kLanes<Lanes>)
    store(out + i, rounded(load<Lanes>(weights + i) * steps));
  if (rest > 0) store_some(out + whole, rounded(last * steps), rest);
  return range / kWeightSteps;
}

/// Calls work(first channel, how many, their values) for one row.
template <class Lanes, typename Work>
NACLIP_INLINE void each_of(const std::int32_t *sums, RowScale row, const Columns &columns,
                           Work work) {
  const auto values = [&](auto read) NACLIP_INLINED {
    return __builtin_convertvector(read(sums), Lanes) * (read(columns.scales) * row.scale) +
           read(columns.totals) * row.offset + read(columns.bias);
  };
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= columns.width; i += kLanes<Lanes>)
    work(i, kLanes<Lanes>,
         values([&](const auto *all) NACLIP_INLINED { return load<Lanes>(all + i); }));
  const std::int64_t rest = columns.width - i;
  if (rest > 0)
    work(i, rest,
         values([&](const auto *all) NACLIP_INLINED { return load_some<Lanes>(all + i, rest); }));
}

}  // namespace

void quantise(const float *x, std::int64_t rows, std::int64_t width, std::uint8_t *out,
              RowScale *scales) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row)
      scales[row] = quantise_row<Lanes>(x + row * width, width, out + row * width);
  });
}

void normalise_quantised(const float *x, const Norm &norm, std::int64_t rows, float *scratch,
                         std::uint8_t *out, RowScale *scales) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row) {
      normalise_row<Lanes>(x + row * norm.width, norm, scratch);
      scales[row] = quantise_row<Lanes>(scratch, norm.width, out + row * norm.width);
    }
  });
}

void dequantise(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                std::int64_t rows, float *out) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *own = out + row * columns.width;
      each_of<Lanes>(sums + row * columns.width, scales[row], columns,
                     [own](std::int64_t at, std::int64_t count, Lanes values)
                         NACLIP_INLINED { store_up_to(own + at, values, count); });
    }
  });
}

void accumulate_dequantised(const std::int32_t *sums, const RowScale *scales,
                            const Columns &columns, std::int64_t rows, float *x) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row) {
      float *own = x + row * columns.width;
      each_of<Lanes>(sums + row * columns.width, scales[row], columns,
                     [own](std::int64_t at, std::int64_t count, Lanes values) NACLIP_INLINED {
                       const Lanes before = load_up_to<Lanes>(own + at, count);
                       store_up_to(own + at, before + values, count);
                     });
    }
  });
}

void activate_quantised(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                        Gelu gelu, std::int64_t rows, float *scratch, std::uint8_t *out,
                        RowScale *out_scales) {
  const bool is_quick = gelu == Gelu::kQuick;
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t row = 0; row < rows; ++row) {
      each_of<Lanes>(sums + row * columns.width, scales[row], columns,
                     [=](std::int64_t at, std::int64_t count, Lanes values) NACLIP_INLINED {
                       store_up_to(scratch + at, is_quick ? quick_gelu_of(values) : gelu_of(values),
                                   count);
                     });
      out_scales[row] = quantise_row<Lanes>(scratch, columns.width, out + row * columns.width);
    }
  });
}

float quantise_weights(const float *weights, std::int64_t count, std::int8_t *out) {
  return with_lanes([&]<class Lanes>(Form<Lanes>)
                        NACLIP_INLINED { return quantise_channel<Lanes>(weights, count, out); });
}

}  // namespace naclip::kernels
