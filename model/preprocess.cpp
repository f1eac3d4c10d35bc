#include "preprocess.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "bilinear.h"

namespace naclip {

namespace {

constexpr int kLongestSide = 2048;
constexpr std::array<float, 3> kMean{122.771F, 116.746F, 104.094F};
constexpr std::array<float, 3> kDeviation{68.501F, 66.632F, 70.323F};

/// `channels` interleaved 8-bit samples a pixel, rows not padded.
struct Plane {
  std::vector<std::uint8_t> samples;
  std::size_t row_size;
  const std::uint8_t *row(int y) const {
    return samples.data() + static_cast<std::size_t>(y) * row_size;
  }
};

/// One row between two of the source, rounded half to even.
void sample_row(const std::uint8_t *above, const std::uint8_t *below, float down,
                const std::vector<Tap> &columns, int channels, std::uint8_t *out) {
  for (const Tap &across : columns) {
    const std::int64_t left = across.first * channels, right = across.second * channels;
    const float left_weight = 1.0F - across.weight;
    for (int channel = 0; channel < channels; ++channel) {
      const float top = left_weight * static_cast<float>(above[left + channel]) +
                        across.weight * static_cast<float>(above[right + channel]);
      const float bottom = left_weight * static_cast<float>(below[left + channel]) +
                           across.weight * static_cast<float>(below[right + channel]);
      *out++ = static_cast<std::uint8_t>(std::nearbyint((1.0F - down) * top + down * bottom));
    }
  }
}

/// A plane of the frame, shrunk: only what the small picture samples is read, and never as a whole in
/// floating point. OpenCV's resizers weigh with fixed-point numbers, see docs/decisions.md.
Plane shrink(const Picture &picture, std::size_t plane, int height, int width, int channels,
             PictureSize size) {
  Plane small;
  small.row_size = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(channels);
  small.samples.resize(small.row_size * static_cast<std::size_t>(size.height));
  const auto rows = bilinear_taps(height, size.height), columns = bilinear_taps(width, size.width);
  const std::uint8_t *source = picture.planes[plane];
  const std::ptrdiff_t stride = picture.strides[plane];
  at::parallel_for(0, size.height, 32, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) {
      const Tap &down = rows[static_cast<std::size_t>(y)];
      sample_row(source + down.first * stride, source + down.second * stride, down.weight, columns,
                 channels, small.samples.data() + static_cast<std::size_t>(y) * small.row_size);
    }
  });
  return small;
}

/// Y'CbCr to R'G'B' of one matrix and range: r = y + cr_r cr, and so on, with y in 0..255.
struct YuvToRgb {
  float luma_offset, luma_scale, cr_to_r, cb_to_g, cr_to_g, cb_to_b;
};

YuvToRgb coefficients(ColorMatrix matrix, ColorRange range) {
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

/// Normalised planes, written pixel by pixel.
class NormalisedPlanes {
 public:
  explicit NormalisedPlanes(PictureSize size)
      : tensor_(at::empty({1, 3, size.height, size.width}, at::kFloat)),
        data_(tensor_.data_ptr<float>()),
        plane_(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width)) {}

  void put(std::size_t pixel, float red, float green, float blue) {
    data_[pixel] = (red - kMean[0]) / kDeviation[0];
    data_[plane_ + pixel] = (green - kMean[1]) / kDeviation[1];
    data_[2 * plane_ + pixel] = (blue - kMean[2]) / kDeviation[2];
  }

  at::Tensor tensor() const { return tensor_; }

 private:
  at::Tensor tensor_;
  float *data_;
  std::size_t plane_;
};

/// Interleaved pixels whose red, green and blue are at the given places.
at::Tensor from_packed(const Picture &picture, PictureSize size, int channels,
                       std::array<int, 3> places) {
  const Plane small = shrink(picture, 0, picture.height, picture.width, channels, size);
  NormalisedPlanes planes(size);
  std::size_t pixel = 0;
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t *row = small.row(y);
    for (int x = 0; x < size.width; ++x, row += channels)
      planes.put(pixel++, row[places[0]], row[places[1]], row[places[2]]);
  }
  return planes.tensor();
}

at::Tensor from_yuv(const Picture &picture, PictureSize size) {
  const int chroma_height = (picture.height + 1) / 2, chroma_width = (picture.width + 1) / 2;
  const bool interleaved = picture.format == PixelFormat::kNv12;
  const int step = interleaved ? 2 : 1;
  const Plane luma = shrink(picture, 0, picture.height, picture.width, 1, size);
  const Plane cb = shrink(picture, 1, chroma_height, chroma_width, step, size);
  const Plane cr = interleaved ? cb : shrink(picture, 2, chroma_height, chroma_width, 1, size);
  const YuvToRgb c = coefficients(picture.matrix, picture.range);
  const auto byte = [](float value) { return std::clamp(value, 0.0F, 255.0F); };
  NormalisedPlanes planes(size);
  std::size_t pixel = 0;
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t *luma_row = luma.row(y), *cb_row = cb.row(y),
                       *cr_row = cr.row(y) + (interleaved ? 1 : 0);
    for (int x = 0; x < size.width; ++x) {
      const float l = (static_cast<float>(luma_row[x]) - c.luma_offset) * c.luma_scale;
      const float b = static_cast<float>(cb_row[x * step]) - 128.0F;
      const float r = static_cast<float>(cr_row[x * step]) - 128.0F;
      planes.put(pixel++, byte(l + c.cr_to_r * r), byte(l + c.cb_to_g * b + c.cr_to_g * r),
                 byte(l + c.cb_to_b * b));
    }
  }
  return planes.tensor();
}

}  // namespace

PictureSize input_size(PictureSize frame, int short_side, int patch) {
  const double longest = std::max(frame.height, frame.width),
               shortest = std::min(frame.height, frame.width);
  const double scale = std::min(kLongestSide / longest, short_side / shortest);
  const auto scaled = [&](int side) {
    return std::max(static_cast<int>(side * scale + 0.5), patch);
  };
  return {scaled(frame.height), scaled(frame.width)};
}

at::Tensor preprocess(const Picture &picture, PictureSize size) {
  switch (picture.format) {
    case PixelFormat::kRgb:
      return from_packed(picture, size, 3, {0, 1, 2});
    case PixelFormat::kBgr:
      return from_packed(picture, size, 3, {2, 1, 0});
    case PixelFormat::kRgbx:
    case PixelFormat::kRgba:
      return from_packed(picture, size, 4, {0, 1, 2});
    case PixelFormat::kBgrx:
    case PixelFormat::kBgra:
      return from_packed(picture, size, 4, {2, 1, 0});
    case PixelFormat::kGray8:
      return from_packed(picture, size, 1, {0, 0, 0});
    case PixelFormat::kI420:
    case PixelFormat::kNv12:
      break;
  }
  return from_yuv(picture, size);
}

}  // namespace naclip
