// One pixel of the network's input out of a video frame: shrink, convert to RGB, normalise.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// A frame as the device reads it. `kind` says how; see PixelKind. All pointers are the device's.
struct Frame {
  const Byte *planes[3];
  Offset strides[3];  // bytes
  int width, height;
  int kind;
  int step;       // bytes from one pixel of the first plane to the next
  int places[3];  // of red, green and blue in a pixel of kPacked
  // kPlanar and kBiplanar: Y'CbCr -> R'G'B'
  float luma_offset, luma_scale, cr_to_r, cb_to_g, cr_to_g, cb_to_b;
};

enum PixelKind { kPacked = 0, kPlanar = 1, kBiplanar = 2 };

/// The network's mean and deviation, by channel.
struct Normalisation {
  float mean[3], deviation[3];
};

/// One sample between four of a plane, rounded to 8 bits.
NACLIP_BODY float sample_byte(const Byte *plane, Offset stride, int step, const Tap &down,
                              const Tap &across) {
  const Byte *above = plane + down.first * stride, *below = plane + down.second * stride;
  const int left = across.first * step, right = across.second * step;
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
  const Tap down = tap_of(y, frame.height, height), across = tap_of(x, frame.width, width);
  if (frame.kind == kPacked) {
    for (int channel = 0; channel < 3; ++channel)
      rgb[channel] = sample_byte(frame.planes[0] + frame.places[channel], frame.strides[0],
                                 frame.step, down, across);
    return;
  }
  const Tap chroma_down = tap_of(y, (frame.height + 1) / 2, height),
            chroma_across = tap_of(x, (frame.width + 1) / 2, width);
  const bool biplanar = frame.kind == kBiplanar;
  const int step = biplanar ? 2 : 1;
  const Byte *cr_plane = biplanar ? frame.planes[1] + 1 : frame.planes[2];
  const Offset cr_stride = biplanar ? frame.strides[1] : frame.strides[2];
  const float luma =
      (sample_byte(frame.planes[0], frame.strides[0], 1, down, across) - frame.luma_offset) *
      frame.luma_scale;
  const float cb =
      sample_byte(frame.planes[1], frame.strides[1], step, chroma_down, chroma_across) - 128.0F;
  const float cr = sample_byte(cr_plane, cr_stride, step, chroma_down, chroma_across) - 128.0F;
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
