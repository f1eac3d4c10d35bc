// Where one scene ends and another begins, told from two thumbnails.
#pragma once

#include <vector>

namespace naclip {

/// A frame shrunk by averaging, so that a sensor's noise is gone: [channels, height, width] in
/// 8-bit levels. Zero may lie anywhere.
struct Thumbnail {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;

  const float *row(int channel, int y) const {
    return values.data() + (static_cast<std::ptrdiff_t>(channel) * height + y) * width;
  }
};

/// The thumbnail's size for a picture of that size, pixels; no side is longer than the picture's.
struct ThumbnailSize {
  int height = 1;
  int width = 1;
};
ThumbnailSize thumbnail_size(int height, int width);

/// Where the blocks of one thumbnail are found in another.
struct BlockMotion {
  int rows = 0;     ///< of blocks
  int columns = 0;  ///< of blocks
  std::vector<int> dx,
      dy;  ///< [rows, columns], thumbnail's pixels: block (x, y) was found at (x + dx, y + dy)
  double unexplained = 0.0;  ///< part of the picture's detail that no moved block explains, 0..1
};

/// Searches each block of `now` in `before`, all around its place. The two are of one shape.
BlockMotion match_blocks(const Thumbnail &before, const Thumbnail &now);

/// True where `now` shows another scene than `before`, whose blocks then explain little of it. That
/// is how x264 finds its scene cuts: a block's cost from the last frame against its cost from
/// nothing (x264_slicetype.c, scenecut). Motion, a change of light by a few percent and noise are
/// no cut. Thumbnails of different shapes are different scenes.
bool is_scene_cut(const Thumbnail &before, const Thumbnail &now);

/// The same of blocks that were matched already.
bool is_scene_cut(const BlockMotion &motion);

}  // namespace naclip
