// What laying a drawing over a frame does to a byte, on a GPU.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// A rectangle of bytes, and the same rectangle of a frame's plane that it is laid over.
struct Blend {
  Byte *target;                ///< the first byte in the plane
  Offset stride;               ///< of the plane, bytes
  const Byte *colour, *alpha;  ///< [height, width], premultiplied: no colour is above its alpha
  int width, height;           ///< bytes and rows
};

/// target = target * (255 - alpha) / 255 + colour, rounded, to the bit as blend_bytes() does it on
/// the CPU.
NACLIP_BODY void blend_byte(const Blend &blend, int y, int x) {
  const Offset index = static_cast<Offset>(y) * blend.width + x;
  const unsigned alpha = blend.alpha[index];
  if (alpha == 0) return;  // nothing is drawn here: the frame need not be read
  Byte *target = blend.target + y * blend.stride + x;
  const unsigned product = *target * (255U - alpha) + 128U;
  *target = static_cast<Byte>(((product + (product >> 8)) >> 8) + blend.colour[index]);
}

}  // namespace naclip::kernel
