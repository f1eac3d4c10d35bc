#include "model/kernels/preprocess.h"

#include "model/kernels/lanes.h"

namespace naclip::kernels {

namespace {

template <class Lanes>
NACLIP_INLINE Lanes gathered(const std::uint8_t *row, const std::int32_t *places) {
  IntLanes<Lanes> bytes;
  for (int lane = 0; lane < kLanes<Lanes>; ++lane) bytes[lane] = row[places[lane]];
  return __builtin_convertvector(bytes, Lanes);
}

template <class Lanes>
NACLIP_INLINE Lanes clamped(Lanes x) {
  x = larger(x, Lanes{});
  return x < 255.0F ? x : splat<Lanes>(255.0F);
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

YuvToRgb yuv_to_rgb(ColourMatrix matrix, ColourRange range) {
  const auto [kr, kb] = luma_weights(matrix);
  const float kg = 1.0F - kr - kb;
  const bool limited = range == ColourRange::kLimited;
  const float chroma = limited ? 255.0F / 224.0F : 1.0F;
  const float r = 2.0F * (1.0F - kr) * chroma, b = 2.0F * (1.0F - kb) * chroma;
  return {
      limited ? 16.0F : 0.0F, limited ? 255.0F / 219.0F : 1.0F, r, -b * kb / kg, -r * kr / kg, b};
}

void sample_row(const ByteRows &rows, const ByteTaps &taps, std::int64_t width, float *out) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t x = 0; x < width; x += kLanes<Lanes>) {
      const std::int32_t *first = taps.first.data() + x, *second = taps.second.data() + x;
      const Lanes right = load<Lanes>(taps.weight.data() + x), left = 1.0F - right;
      const Lanes top =
          left * gathered<Lanes>(rows.above, first) + right * gathered<Lanes>(rows.above, second);
      const Lanes bottom =
          left * gathered<Lanes>(rows.below, first) + right * gathered<Lanes>(rows.below, second);
      store(out + x, rounded((1.0F - rows.down) * top + rows.down * bottom));
    }
  });
}

void convert_row(const YuvToRgb &yuv, std::int64_t width, float *luma, float *cb, float *cr) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t x = 0; x < width; x += kLanes<Lanes>) {
      const Lanes l = (load<Lanes>(luma + x) - yuv.luma_offset) * yuv.luma_scale;
      const Lanes b = load<Lanes>(cb + x) - 128.0F, r = load<Lanes>(cr + x) - 128.0F;
      store(luma + x, clamped(l + yuv.cr_to_r * r));
      store(cb + x, clamped(l + yuv.cb_to_g * b + yuv.cr_to_g * r));
      store(cr + x, clamped(l + yuv.cb_to_b * b));
    }
  });
}

void normalise_row(const float *values, std::int64_t width, float mean, float deviation,
                   float *out) {
  with_lanes([&]<class Lanes>(Form<Lanes>) NACLIP_INLINED {
    std::int64_t x = 0;
    for (; x + kLanes<Lanes> <= width; x += kLanes<Lanes>)
      store(out + x, (load<Lanes>(values + x) - mean) / deviation);
    for (; x < width; ++x) out[x] = (values[x] - mean) / deviation;
  });
}

namespace {

/// One channel of a frame: where its samples are, and where the small picture's lie between them.
class Channel {
 public:
  Channel(const Picture &picture, std::size_t channel, PictureSize size)
      : Channel(picture, layout_of(picture.format), channel, size) {}

  /// Only what the small picture samples is read. out: [padded(width)] 0..255
  void sample(std::int64_t y, std::int64_t width, float *out) const {
    const Tap &down = rows_[static_cast<std::size_t>(y)];
    sample_row({data_ + down.first * stride_, data_ + down.second * stride_, down.weight}, columns_,
               width, out);
  }

 private:
  Channel(const Picture &picture, const PixelLayout &layout, std::size_t channel, PictureSize size)
      : data_(picture.planes[static_cast<std::size_t>(layout.channels[channel].plane)] +
              layout.channels[channel].offset),
        stride_(picture.strides[static_cast<std::size_t>(layout.channels[channel].plane)]),
        rows_(bilinear_taps(layout.rows(channel, picture.height), size.height)),
        columns_(byte_taps(layout.columns(channel, picture.width), size.width,
                           layout.channels[channel].step)) {}

  const std::uint8_t *data_;
  std::ptrdiff_t stride_;
  std::vector<Tap> rows_;
  ByteTaps columns_;
};

}  // namespace

void preprocess(const Picture &picture, PictureSize size, float *target) {
  const std::array<Channel, 3> channels{
      {{picture, 0, size}, {picture, 1, size}, {picture, 2, size}}};
  const bool ycbcr = layout_of(picture.format).ycbcr;
  const YuvToRgb to_rgb = yuv_to_rgb(picture.matrix, picture.range);
  const std::int64_t pitch = padded(size.width);
  std::vector<float> lines(static_cast<std::size_t>(3 * pitch));
  const std::array<float *, 3> line{&lines[0], lines.data() + pitch, lines.data() + 2 * pitch};
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::size_t c = 0; c < channels.size(); ++c) channels[c].sample(y, size.width, line[c]);
    if (ycbcr) convert_row(to_rgb, size.width, line[0], line[1], line[2]);
    for (std::size_t c = 0; c < channels.size(); ++c)
      normalise_row(line[c], size.width, kMean[c], kDeviation[c],
                    target + (static_cast<std::int64_t>(c) * size.height + y) * size.width);
  }
}

}  // namespace naclip::kernels
