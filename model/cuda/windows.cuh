// One score of windows put together; see model/plain/windows.h.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

enum { kMostWindowsAlongASide = 64 };

/// Where windows begin along one side of a picture, in ascending order.
struct WindowStarts {
  int count;
  int pixels[kMostWindowsAlongASide];
};

/// Windows of height x width pixels, one for each pair of starts, picture by picture in reading order. Their scores lie
/// in grids of rows x columns patches with a patch's words side by side: [windows, rows, columns, queries].
struct WindowGrids {
  const float *scores;
  WindowStarts tops, lefts;
  int height, width, rows, columns, queries;
};

/// The mean, over the windows that cover pixel (y, x) of a picture, of one word's score there.
NACLIP_BODY float stitched_score(const WindowGrids &grids, int picture, int y, int x, int query) {
  const Offset patch = grids.queries, row = grids.columns * patch, window = grids.rows * row;
  float sum = 0.0F;
  int count = 0;
  for (int i = 0; i < grids.tops.count; ++i) {
    const int inner_y = y - grids.tops.pixels[i];
    if (inner_y < 0 || inner_y >= grids.height) continue;
    const Tap down = tap_of(inner_y, grids.rows, grids.height);
    for (int j = 0; j < grids.lefts.count; ++j) {
      const int inner_x = x - grids.lefts.pixels[j];
      if (inner_x < 0 || inner_x >= grids.width) continue;
      const Tap across = tap_of(inner_x, grids.columns, grids.width);
      const float *scores =
          grids.scores +
          (static_cast<Offset>(picture) * grids.tops.count + i) * grids.lefts.count * window +
          j * window + query;
      const float *above = scores + down.first * row, *below = scores + down.second * row;
      const float top =
          above[across.first * patch] +
          (above[across.second * patch] - above[across.first * patch]) * across.weight;
      const float bottom =
          below[across.first * patch] +
          (below[across.second * patch] - below[across.first * patch]) * across.weight;
      sum += top + (bottom - top) * down.weight;
      ++count;
    }
  }
  return sum / static_cast<float>(count);
}

}  // namespace naclip::kernel
