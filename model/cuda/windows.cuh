// One score of windows put together; see model/plain/windows.h.
#pragma once

#include "model/cuda/scores.cuh"

namespace naclip::kernel {

enum { kMostWindowsAlongASide = 64 };

/// Where windows begin along one side of a picture, in ascending order.
struct WindowStarts {
  int count;
  int pixels[kMostWindowsAlongASide];
};

/// Windows of height x width pixels, one for each pair of starts, picture by picture in reading order. A "picture" of
/// `scores` is one of them, its patches' grid.
struct WindowGrids {
  ScoreMap<float> scores;
  WindowStarts tops, lefts;
  int height, width;
};

/// The mean, over the windows that cover pixel (y, x) of a picture, of one word's score there.
NACLIP_BODY float stitched_score(const WindowGrids &grids, int picture, int y, int x, int query) {
  float sum = 0.0F;
  int count = 0;
  for (int i = 0; i < grids.tops.count; ++i) {
    const int inner_y = y - grids.tops.pixels[i];
    if (inner_y < 0 || inner_y >= grids.height) continue;
    for (int j = 0; j < grids.lefts.count; ++j) {
      const int inner_x = x - grids.lefts.pixels[j];
      if (inner_x < 0 || inner_x >= grids.width) continue;
      const int window = (picture * grids.tops.count + i) * grids.lefts.count + j;
      sum += place_in(grids.scores, window, inner_y, inner_x, grids.height, grids.width)
                 .score(query * grids.scores.query_stride);
      ++count;
    }
  }
  return sum / static_cast<float>(count);
}

}  // namespace naclip::kernel
