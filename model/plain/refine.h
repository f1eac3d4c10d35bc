// Pixel-adaptive mask refinement (PAMR): scores flow to neighbours of like colour.
// "Single-Stage Semantic Segmentation from Image Labels", arXiv 2005.08104, section 3.3.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace naclip::plain {

/// Refines `scores` on `picture`, one neighbour at a time. For each dilation a pixel has eight
/// neighbours; a neighbour's weight is the softmax, over all neighbours of all dilations, of -mean
/// over channels of
/// |difference| / (1e-8 + 0.1 deviation), the deviation being that of the pixel and its neighbours
/// (unbiased). Each step replaces a score by the weighted mean of its neighbours'. Edges repeat.
///
/// picture: [1, 3, H, W] float32; scores: [1, Q, h, w] float32, stretched bilinearly to the
/// picture's size first -> [1, Q, H, W] float32.
at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations);

}  // namespace naclip::plain
