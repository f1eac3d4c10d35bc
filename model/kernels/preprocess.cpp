#include "model/kernels/preprocess.h"

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

NACLIP_INLINE Lanes rounded(Lanes x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer, half to even
  return (x + kRound) - kRound;
}

NACLIP_INLINE Lanes gathered(const std::uint8_t *row, const std::int32_t *places) {
  IntLanes bytes;
  for (int lane = 0; lane < kLanes; ++lane) bytes[lane] = row[places[lane]];
  return __builtin_convertvector(bytes, Lanes);
}

NACLIP_INLINE Lanes clamped(Lanes x) {
  x = larger(x, Lanes{});
  return x < 255.0F ? x : splat(255.0F);
}

}  // namespace

ByteTaps byte_taps(std::int64_t from, std::int64_t to, int step) {
  ByteTaps taps;
  for (const Tap &tap : bilinear_taps(from, to)) {
    taps.first.push_back(static_cast<std::int32_t>(tap.first * step));
    taps.second.push_back(static_cast<std::int32_t>(tap.second * step));
    taps.weight.push_back(tap.weight);
  }
  const auto size = static_cast<std::size_t>(padded(to));
  taps.first.resize(size);
  taps.second.resize(size);
  taps.weight.resize(size);
  return taps;
}

YuvToRgb yuv_to_rgb(ColorMatrix matrix, ColorRange range) {
  float kr = 0.299F, kb = 0.114F;  // BT.601
  if (matrix == ColorMatrix::kBt709) kr = 0.2126F, kb = 0.0722F;
  if (matrix == ColorMatrix::kBt2020) kr = 0.2627F, kb = 0.0593F;
  const float kg = 1.0F - kr - kb;
  const bool limited = range == ColorRange::kLimited;
  const float chroma = limited ? 255.0F / 224.0F : 1.0F;
  const float r = 2.0F * (1.0F - kr) * chroma, b = 2.0F * (1.0F - kb) * chroma;
  return {
      limited ? 16.0F : 0.0F, limited ? 255.0F / 219.0F : 1.0F, r, -b * kb / kg, -r * kr / kg, b};
}

NACLIP_TARGETS
void sample_row(const ByteRows &rows, const ByteTaps &taps, std::int64_t width, float *out) {
  for (std::int64_t x = 0; x < width; x += kLanes) {
    const std::int32_t *first = taps.first.data() + x, *second = taps.second.data() + x;
    const Lanes right = load(taps.weight.data() + x), left = 1.0F - right;
    const Lanes top = left * gathered(rows.above, first) + right * gathered(rows.above, second);
    const Lanes bottom = left * gathered(rows.below, first) + right * gathered(rows.below, second);
    store(out + x, rounded((1.0F - rows.down) * top + rows.down * bottom));
  }
}

NACLIP_TARGETS
void convert_row(const YuvToRgb &yuv, std::int64_t width, float *luma, float *cb, float *cr) {
  for (std::int64_t x = 0; x < width; x += kLanes) {
    const Lanes l = (load(luma + x) - yuv.luma_offset) * yuv.luma_scale;
    const Lanes b = load(cb + x) - 128.0F, r = load(cr + x) - 128.0F;
    store(luma + x, clamped(l + yuv.cr_to_r * r));
    store(cb + x, clamped(l + yuv.cb_to_g * b + yuv.cr_to_g * r));
    store(cr + x, clamped(l + yuv.cb_to_b * b));
  }
}

NACLIP_TARGETS
void normalise_row(const float *values, std::int64_t width, float mean, float deviation,
                   float *out) {
  std::int64_t x = 0;
  for (; x + kLanes <= width; x += kLanes) store(out + x, (load(values + x) - mean) / deviation);
  for (; x < width; ++x) out[x] = (values[x] - mean) / deviation;
}

}  // namespace naclip::kernels
