#include "model/kernels/quantise.h"

#include "model/kernels/activation_lanes.h"

namespace naclip::kernels {

namespace {

constexpr float kSteps = 255.0F;  // between a row's least and greatest value
constexpr float kWeightSteps = 127.0F;

NACLIP_INLINE RowScale quantise_row(const float *x, std::int64_t width, std::uint8_t *out) {
  const std::int64_t whole = width / kLanes * kLanes, rest = width - whole;
  // 0 is among the values, so that the lanes beyond the end do no harm.
  Lanes least{}, greatest{};
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Lanes values = load(x + i);
    least = smaller(least, values);
    greatest = larger(greatest, values);
  }
  const Lanes last = load_some(x + whole, rest);
  const float lowest = -largest_of(-smaller(least, last));
  const float range = largest_of(larger(greatest, last)) - lowest;
  if (!(range > 0.0F)) {
    for (std::int64_t i = 0; i < width; ++i) out[i] = 0;
    return {0.0F, 0.0F};
  }
  const float steps = kSteps / range;
  const auto byte_of = [&](Lanes values) __attribute__((always_inline)) {
    return (values - lowest) * steps + 0.5F;
  };
  for (std::int64_t i = 0; i < whole; i += kLanes) store(out + i, byte_of(load(x + i)));
  if (rest > 0) {
    std::uint8_t bytes[kLanes];
    store(bytes, byte_of(last));
    for (std::int64_t i = 0; i < rest; ++i) out[whole + i] = bytes[i];
  }
  return {range / kSteps, lowest};
}

/// Calls work(first channel, how many, their values) for one row.
template <typename Work>
NACLIP_INLINE void each_of(const std::int32_t *sums, RowScale row, const Columns &columns,
                           Work work) {
  std::int64_t i = 0;
  for (; i + kLanes <= columns.width; i += kLanes)
    work(i, kLanes,
         __builtin_convertvector(load(sums + i), Lanes) * (load(columns.scales + i) * row.scale) +
             load(columns.totals + i) * row.offset + load(columns.bias + i));
  const std::int64_t rest = columns.width - i;
  if (rest == 0) return;
  std::int32_t last[kLanes] = {};
  for (std::int64_t n = 0; n < rest; ++n) last[n] = sums[i + n];
  work(i, rest,
       __builtin_convertvector(load(last), Lanes) *
               (load_some(columns.scales + i, rest) * row.scale) +
           load_some(columns.totals + i, rest) * row.offset + load_some(columns.bias + i, rest));
}

NACLIP_INLINE void store_first(float *target, Lanes values, std::int64_t count) {
  if (count == kLanes)
    store(target, values);
  else
    store_some(target, values, count);
}

}  // namespace

NACLIP_TARGETS
void quantise(const float *x, std::int64_t rows, std::int64_t width, std::uint8_t *out,
              RowScale *scales) {
  for (std::int64_t row = 0; row < rows; ++row)
    scales[row] = quantise_row(x + row * width, width, out + row * width);
}

NACLIP_TARGETS
void normalise_quantised(const float *x, const Norm &norm, std::int64_t rows, float *scratch,
                         std::uint8_t *out, RowScale *scales) {
  for (std::int64_t row = 0; row < rows; ++row) {
    normalise_row(x + row * norm.width, norm, scratch);
    scales[row] = quantise_row(scratch, norm.width, out + row * norm.width);
  }
}

NACLIP_TARGETS
void dequantise(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                std::int64_t rows, float *out) {
  for (std::int64_t row = 0; row < rows; ++row, sums += columns.width, out += columns.width)
    each_of(
        sums, scales[row], columns,
        [&](std::int64_t at, std::int64_t count, Lanes values)
            __attribute__((always_inline)) { store_first(out + at, values, count); });
}

NACLIP_TARGETS
void accumulate_dequantised(const std::int32_t *sums, const RowScale *scales,
                            const Columns &columns, std::int64_t rows, float *x) {
  for (std::int64_t row = 0; row < rows; ++row, sums += columns.width, x += columns.width)
    each_of(
        sums, scales[row], columns,
        [&](std::int64_t at, std::int64_t count, Lanes values) __attribute__((always_inline)) {
          const Lanes before = count == kLanes ? load(x + at) : load_some(x + at, count);
          store_first(x + at, before + values, count);
        });
}

NACLIP_TARGETS
void activate_quantised(const std::int32_t *sums, const RowScale *scales, const Columns &columns,
                        Gelu gelu, std::int64_t rows, float *scratch, std::uint8_t *out,
                        RowScale *out_scales) {
  const bool is_quick = gelu == Gelu::kQuick;
  for (std::int64_t row = 0; row < rows; ++row, sums += columns.width, out += columns.width) {
    each_of(
        sums, scales[row], columns,
        [&](std::int64_t at, std::int64_t count, Lanes values) __attribute__((always_inline)) {
          store_first(scratch + at, is_quick ? quick_gelu_of(values) : gelu_of(values), count);
        });
    out_scales[row] = quantise_row(scratch, columns.width, out);
  }
}

float quantise_weights(const float *weights, std::int64_t count, std::int8_t *out) {
  float greatest = 0.0F;
  for (std::int64_t i = 0; i < count; ++i)
    greatest = __builtin_fmaxf(greatest, __builtin_fabsf(weights[i]));
  const float steps = greatest > 0.0F ? kWeightSteps / greatest : 0.0F;
  for (std::int64_t i = 0; i < count; ++i)
    out[i] = static_cast<std::int8_t>(__builtin_rintf(weights[i] * steps));
  return greatest / kWeightSteps;
}

}  // namespace naclip::kernels
