#include "model/stages/preprocess.h"

#include <algorithm>
#include <array>
#include <vector>

#include "model/kernels/bilinear.h"
#include "model/kernels/lanes.h"
#include "model/kernels/preprocess.h"

namespace naclip {

namespace {

constexpr int kLongestSide = 2048;

/// One channel of a frame: where its samples are, and where the small picture's lie between them.
class Channel {
 public:
  /// `offset`, `step`: bytes from the plane's start to the first sample, from a sample to the next.
  Channel(const Picture &picture, std::size_t plane, int height, int width, int offset, int step,
          PictureSize size)
      : data_(picture.planes[plane] + offset),
        stride_(picture.strides[plane]),
        rows_(bilinear_taps(height, size.height)),
        columns_(kernels::byte_taps(width, size.width, step)) {}

  /// Only what the small picture samples is read. out: [padded(width)] 0..255
  void sample(std::int64_t y, std::int64_t width, float *out) const {
    const Tap &down = rows_[static_cast<std::size_t>(y)];
    kernels::sample_row({data_ + down.first * stride_, data_ + down.second * stride_, down.weight},
                        columns_, width, out);
  }

 private:
  const std::uint8_t *data_;
  std::ptrdiff_t stride_;
  std::vector<Tap> rows_;
  kernels::ByteTaps columns_;
};

using Channels = std::array<Channel, 3>;

/// Interleaved pixels of `step` bytes whose red, green and blue are at the given places.
Channels packed_channels(const Picture &picture, PictureSize size, int step,
                         std::array<int, 3> places) {
  const auto channel = [&](int place) {
    return Channel(picture, 0, picture.height, picture.width, place, step, size);
  };
  return {channel(places[0]), channel(places[1]), channel(places[2])};
}

Channels yuv_channels(const Picture &picture, PictureSize size) {
  const int height = (picture.height + 1) / 2, width = (picture.width + 1) / 2;
  const bool interleaved = picture.format == PixelFormat::kNv12;
  const int step = interleaved ? 2 : 1;
  return {Channel(picture, 0, picture.height, picture.width, 0, 1, size),
          Channel(picture, 1, height, width, 0, step, size),
          Channel(picture, interleaved ? 1 : 2, height, width, interleaved ? 1 : 0, step, size)};
}

Channels channels_of(const Picture &picture, PictureSize size) {
  switch (picture.format) {
    case PixelFormat::kRgb:
      return packed_channels(picture, size, 3, {0, 1, 2});
    case PixelFormat::kBgr:
      return packed_channels(picture, size, 3, {2, 1, 0});
    case PixelFormat::kRgbx:
    case PixelFormat::kRgba:
      return packed_channels(picture, size, 4, {0, 1, 2});
    case PixelFormat::kBgrx:
    case PixelFormat::kBgra:
      return packed_channels(picture, size, 4, {2, 1, 0});
    case PixelFormat::kGray8:
      return packed_channels(picture, size, 1, {0, 0, 0});
    case PixelFormat::kI420:
    case PixelFormat::kNv12:
      break;
  }
  return yuv_channels(picture, size);
}

}  // namespace

PictureSize input_size(PictureSize frame, int short_side, int patch, double pixel_aspect) {
  const double height = frame.height, width = frame.width * pixel_aspect;
  const double scale =
      std::min(kLongestSide / std::max(height, width), short_side / std::min(height, width));
  const auto scaled = [&](double side) {
    return std::max(static_cast<int>(side * scale + 0.5), patch);
  };
  return {scaled(height), scaled(width)};
}

void preprocess(const Picture &picture, const at::Tensor &target_tensor) {
  const PictureSize size{static_cast<int>(target_tensor.size(2)),
                         static_cast<int>(target_tensor.size(3))};
  const Channels channels = channels_of(picture, size);
  const bool yuv = picture.format == PixelFormat::kI420 || picture.format == PixelFormat::kNv12;
  const kernels::YuvToRgb to_rgb = kernels::yuv_to_rgb(picture.matrix, picture.range);
  const std::int64_t pitch = kernels::padded(size.width);
  float *target = target_tensor.data_ptr<float>();
  std::vector<float> lines(static_cast<std::size_t>(3 * pitch));
  const std::array<float *, 3> line{&lines[0], lines.data() + pitch, lines.data() + 2 * pitch};
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::size_t c = 0; c < channels.size(); ++c) channels[c].sample(y, size.width, line[c]);
    if (yuv) kernels::convert_row(to_rgb, size.width, line[0], line[1], line[2]);
    for (std::size_t c = 0; c < channels.size(); ++c)
      kernels::normalise_row(
          line[c], size.width, kernels::kMean[c], kernels::kDeviation[c],
          target + (static_cast<std::int64_t>(c) * size.height + y) * size.width);
  }
}

at::Tensor preprocess(const Picture &picture, PictureSize size) {
  const at::Tensor result = at::empty({1, 3, size.height, size.width}, at::kFloat);
  preprocess(picture, result);
  return result;
}

}  // namespace naclip
