// A drawing as rectangles of bytes, which a GPU can lay over frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace naclip {

/// What a drawing changes of one plane: the smallest rectangle around it.
struct TextureArea {
  int plane;          ///< of the frame
  int row, begin;     ///< its first row, and its first byte in each row
  int height, width;  ///< rows and bytes, >= 1
};

struct Texture {
  TextureArea area;
  /// [2, height, width]: the premultiplied colours, then their alphas; 0 where nothing is drawn.
  std::vector<std::uint8_t> bytes;
};

}  // namespace naclip
