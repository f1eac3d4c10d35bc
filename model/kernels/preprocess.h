// A frame in memory -> what the network reads, on the CPU.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/kernels/bilinear.h"
#include "model/picture.h"

namespace naclip::kernels {

/// Where the samples of a row lie, in bytes for one plane's layout. All [padded(width)].
struct ByteTaps {
  std::vector<std::int32_t> first, second;
  std::vector<float> weight;  ///< of the second
};

/// `step`: bytes from a sample to the next.
ByteTaps byte_taps(std::int64_t from, std::int64_t to, int step);

/// Two rows of bytes and the latter's part, 0..1.
struct ByteRows {
  const std::uint8_t *above, *below;
  float down;
};

/// Samples bilinearly and rounds half to even. -> [width] 0..255, with room for padded(width)
void sample_row(const ByteRows &rows, const ByteTaps &taps, std::int64_t width, float *out);

/// Y'CbCr to R'G'B' of one matrix and range: r = l + cr_to_r cr, and so on, l in 0..255.
struct YuvToRgb {
  float luma_offset, luma_scale, cr_to_r, cb_to_g, cr_to_g, cb_to_b;
};

/// The coefficients for 8-bit samples.
YuvToRgb yuv_to_rgb(ColourMatrix matrix, ColourRange range);

/// Mean and deviation of red, green and blue that the reference normalises by, 0..255.
inline constexpr std::array<float, 3> kMean{122.771F, 116.746F, 104.094F};
inline constexpr std::array<float, 3> kDeviation{68.501F, 66.632F, 70.323F};

/// [width] each, with room for padded(width), 0..255; red, green and blue are clamped to that. In place: luma becomes
/// red, cb green, cr blue.
void convert_row(const YuvToRgb &yuv, std::int64_t width, float *luma, float *cb, float *cr);

/// out = (values - mean) / deviation, `width` of them.
void normalise_row(const float *values, std::int64_t width, float mean, float deviation,
                   float *out);

/// Shrinks a frame's planes to `size` (bilinear, rounded to 8 bits), converts the small picture to
/// RGB and normalises it by kMean and kDeviation. Only the samples that the small picture needs are
/// read. target: [3, height, width]
void preprocess(const Picture &picture, PictureSize size, float *target);

}  // namespace naclip::kernels
