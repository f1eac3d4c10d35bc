// How the pixels of a frame lie on those of a smaller or larger mask.
#pragma once

#include <array>
#include <vector>

namespace naclip {

/// How much each of five cells in a row counts at one point; the third is the nearest. A cell is a
/// pixel of the mask.
using Weights = std::array<float, 5>;

/// One side of the frame against the same side of the mask.
struct Axis {
  int begin = 0, end = 0;        ///< the frame's pixels that the mask covers
  std::vector<int> cell;         ///< by pixel from `begin` on: the nearest cell
  std::vector<Weights> weights;  ///< by pixel from `begin` on: of that cell and its neighbours
  std::vector<int>
      first_pixel;     ///< by cell: the first pixel that is nearest to it or to one after it
  double scale = 1.0;  ///< pixels per cell
};

/// The frame has `frame` pixels; `cells` cells cover `length` of them from pixel `offset` on, which
/// may lie outside. `smooth`: weights are the quadratic B-spline smoothed by 1 2 1; else the
/// nearest cell counts alone.
Axis make_axis(int frame, int offset, int length, int cells, bool smooth);

/// How far a point lies from a straight border, in cells, 0..2, where the weights of the cells on
/// its own side sum to `cover`, 0.5..1.
float border_distance(float cover);

}  // namespace naclip
