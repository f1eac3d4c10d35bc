// One pixel of the network's input out of a video frame: shrink, convert to RGB, normalise.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// One channel of a frame: its first sample, and how far it is to the next.
struct Channel {
  const Byte *samples;
  Offset stride;      // bytes, of a row
  int step;           // bytes, of a sample
  int width, height;  // samples
};

/// A frame as the device reads it. All pointers are the device's.
struct Frame {
  Channel channels[3];
  int ycbcr;  // channels are Y', Cb, Cr of the coefficients below; else red, green, blue
  float luma_offset, luma_scale, cr_to_r, cb_to_g, cr_to_g, cb_to_b;
};

/// The mean of a byte over factor x factor pixels, `step` bytes each.
NACLIP_BODY Byte mean_byte(const Byte *first, Offset stride, int step, int factor) {
  unsigned sum = 0;
  for (int y = 0; y < factor; ++y)
    for (int x = 0; x < factor; ++x) sum += first[y * stride + x * step];
  return static_cast<Byte>(rounded(static_cast<float>(sum) / static_cast<float>(factor * factor)));
}

/// The network's mean and deviation, by channel.
struct Normalisation {
  float mean[3], deviation[3];
};

/// One sample between four of a channel, rounded to 8 bits.
NACLIP_BODY float sample_byte(const Channel &channel, const Tap &down, const Tap &across) {
  const Byte *above = channel.samples + down.first * channel.stride,
             *below = channel.samples + down.second * channel.stride;
  const int left = across.first * channel.step, right = across.second * channel.step;
  const float left_weight = 1.0F - across.weight;
  const float top = left_weight * static_cast<float>(above[left]) +
                    across.weight * static_cast<float>(above[right]);
  const float bottom = left_weight * static_cast<float>(below[left]) +
                       across.weight * static_cast<float>(below[right]);
  return rounded((1.0F - down.weight) * top + down.weight * bottom);
}

NACLIP_BODY float to_byte_range(float value) {
  return least(greatest(value, 0.0F), 255.0F);
}

/// Red, green and blue, 0..255, of one pixel of the frame shrunk to height x width.
NACLIP_BODY void shrunk_pixel(const Frame &frame, int y, int x, int height, int width, float *rgb) {
  // All channels of RGB have one size, and so have the two of chroma.
  const Channel &first = frame.channels[0];
  const Tap down = tap_of(y, first.height, height), across = tap_of(x, first.width, width);
  if (frame.ycbcr == 0) {
    for (int channel = 0; channel < 3; ++channel)
      rgb[channel] = sample_byte(frame.channels[channel], down, across);
    return;
  }
  const Channel &chroma = frame.channels[1];
  const Tap chroma_down = tap_of(y, chroma.height, height),
            chroma_across = tap_of(x, chroma.width, width);
  const float luma = (sample_byte(first, down, across) - frame.luma_offset) * frame.luma_scale;
  const float cb = sample_byte(chroma, chroma_down, chroma_across) - 128.0F;
  const float cr = sample_byte(frame.channels[2], chroma_down, chroma_across) - 128.0F;
  rgb[0] = to_byte_range(luma + frame.cr_to_r * cr);
  rgb[1] = to_byte_range(luma + frame.cb_to_g * cb + frame.cr_to_g * cr);
  rgb[2] = to_byte_range(luma + frame.cb_to_b * cb);
}

/// Writes one pixel of the normalised tensor. out: [3, height, width]
NACLIP_BODY void preprocess_pixel(const Frame &frame, const Normalisation &normalisation, int y,
                                  int x, int height, int width, float *out) {
  float rgb[3];
  shrunk_pixel(frame, y, x, height, width, rgb);
  const Offset pixel = static_cast<Offset>(y) * width + x;
  for (int channel = 0; channel < 3; ++channel)
    out[static_cast<Offset>(channel) * height * width + pixel] =
        (rgb[channel] - normalisation.mean[channel]) / normalisation.deviation[channel];
}

}  // namespace naclip::kernel
