// Where one scene ends and another begins, told from two thumbnails.
#pragma once

#include <vector>

namespace naclip {

/// A frame shrunk by averaging, so that a sensor's noise is gone: [channels, height, width] in units
/// of 8-bit levels, 0..255 or any shift of that.
struct Thumbnail {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;
};

/// The thumbnail's size for a picture of width x height pixels; neither side is above the picture's.
struct ThumbnailSize {
  int height = 1;
  int width = 1;
};
ThumbnailSize thumbnail_size(int width, int height);

/// True where `now` shows another scene than `before`: moved blocks of the one explain the other no
/// better than a block's own mean does. Thumbnails of different shapes are different scenes.
bool is_scene_cut(const Thumbnail &before, const Thumbnail &now);

}  // namespace naclip
