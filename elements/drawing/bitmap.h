// A small picture to be laid over frames.
#pragma once

#include <cstdint>
#include <vector>

#include "elements/drawing/layer.h"

namespace naclip {

/// A small picture with premultiplied alpha.
struct Bitmap {
  int width = 0, height = 0;          ///< pixels; 0 where there is nothing to show
  std::vector<std::uint32_t> pixels;  ///< [height, width] 0xAARRGGBB
};

/// Makes `layer` a drawing of the bitmap for frames like `canvas`, of which it covers a part:
/// `left` and `top` are where it begins, pixels.
void stamp(const Bitmap &bitmap, int left, int top, const Canvas &canvas, OverlayLayer &layer);

}  // namespace naclip
