// The table of pixel formats, one row each, used by all code that reads frames or draws on them.
#pragma once

#include <array>
#include <cstddef>

namespace naclip {

/// Named as in GStreamer's GstVideoFormat.
enum class PixelFormat {
  kI420,
  kNv12,
  kRgb,
  kBgr,
  kRgbx,
  kBgrx,
  kRgba,
  kBgra,
  kGray8,
  kNv21,
  kYv12,
  kY42b,
  kP010
};

/// Where the samples of one channel lie.
struct ChannelPlace {
  int plane;
  int offset;  ///< bytes, of the first sample in its row
  int step;    ///< bytes, from one sample to the next
};

/// One row. Samples have 8 bits; of wider ones (P010, 10 bits in 2 bytes, little endian) the upper
/// byte is read.
struct PixelLayout {
  PixelFormat format;
  const char *name;  ///< as GStreamer spells it
  bool ycbcr;        ///< channels are Y', Cb, Cr; else R, G, B, all the same for grey
  int bytes_per_sample;
  int chroma_width, chroma_height;  ///< pixels for each sample of Cb and Cr, across and down
  std::array<ChannelPlace, 3> channels;

  constexpr bool grey() const { return !ycbcr && channels[0].offset == channels[1].offset; }
  constexpr int planes() const {
    int last = 0;
    for (const ChannelPlace &channel : channels) last = channel.plane > last ? channel.plane : last;
    return last + 1;
  }
  /// Samples of channel 0..2 in a picture, across and down.
  constexpr int columns(std::size_t channel, int width) const {
    return channel == 0 ? width : (width + chroma_width - 1) / chroma_width;
  }
  constexpr int rows(std::size_t channel, int height) const {
    return channel == 0 ? height : (height + chroma_height - 1) / chroma_height;
  }
};

/// In the order in which elements prefer them.
inline constexpr std::array<PixelLayout, 13> kPixelLayouts{
    {{PixelFormat::kI420, "I420", true, 1, 2, 2, {{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}}},
     {PixelFormat::kNv12, "NV12", true, 1, 2, 2, {{{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}}},
     {PixelFormat::kRgb, "RGB", false, 1, 1, 1, {{{0, 0, 3}, {0, 1, 3}, {0, 2, 3}}}},
     {PixelFormat::kBgr, "BGR", false, 1, 1, 1, {{{0, 2, 3}, {0, 1, 3}, {0, 0, 3}}}},
     {PixelFormat::kRgbx, "RGBx", false, 1, 1, 1, {{{0, 0, 4}, {0, 1, 4}, {0, 2, 4}}}},
     {PixelFormat::kBgrx, "BGRx", false, 1, 1, 1, {{{0, 2, 4}, {0, 1, 4}, {0, 0, 4}}}},
     {PixelFormat::kRgba, "RGBA", false, 1, 1, 1, {{{0, 0, 4}, {0, 1, 4}, {0, 2, 4}}}},
     {PixelFormat::kBgra, "BGRA", false, 1, 1, 1, {{{0, 2, 4}, {0, 1, 4}, {0, 0, 4}}}},
     {PixelFormat::kGray8, "GRAY8", false, 1, 1, 1, {{{0, 0, 1}, {0, 0, 1}, {0, 0, 1}}}},
     {PixelFormat::kNv21, "NV21", true, 1, 2, 2, {{{0, 0, 1}, {1, 1, 2}, {1, 0, 2}}}},
     {PixelFormat::kYv12, "YV12", true, 1, 2, 2, {{{0, 0, 1}, {2, 0, 1}, {1, 0, 1}}}},
     {PixelFormat::kY42b, "Y42B", true, 1, 2, 1, {{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}}},
     {PixelFormat::kP010, "P010_10LE", true, 2, 2, 2, {{{0, 1, 2}, {1, 1, 4}, {1, 3, 4}}}}}};

constexpr const PixelLayout &layout_of(PixelFormat format) {
  return kPixelLayouts[static_cast<std::size_t>(format)];
}

static_assert([] {
  for (std::size_t i = 0; i < kPixelLayouts.size(); ++i)
    if (static_cast<std::size_t>(kPixelLayouts[i].format) != i) return false;
  return true;
}());

}  // namespace naclip
