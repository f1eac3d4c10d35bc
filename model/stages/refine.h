// Pixel-adaptive mask refinement (PAMR): scores flow to neighbours of like colour.
// "Single-Stage Semantic Segmentation from Image Labels", arXiv 2005.08104, section 3.3.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/stages/score_lines.h"

namespace naclip {

/// Refines `scores` on `picture`. For each dilation a pixel has eight neighbours; a neighbour's
/// weight is the softmax, over all neighbours of all dilations, of -mean over channels of
/// |difference| / (1e-8 + 0.1 deviation), the deviation being that of the pixel and its neighbours
/// (unbiased). Each step replaces a score by the weighted mean of its neighbours'. Edges repeat.
///
/// picture: [1, 3, H, W] float32; scores: [1, Q, h, w] float32, stretched bilinearly to the picture's
/// size first -> [1, Q, H, W] float32, on the CPU in the layout of ScoreLines. Fused: memory is two
/// score maps and one weight per pixel and neighbour, never their product.
at::Tensor pamr(const at::Tensor &picture, const at::Tensor &scores, int steps,
                const std::vector<int> &dilations);

/// pamr() for frame after frame: on the CPU its memory is taken once per shape.
class Refiner {
 public:
  /// As pamr(), at height x width: `picture`, too, is stretched to that. The outcome is good until the
  /// next call.
  at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, std::int64_t height,
                    std::int64_t width, int steps, const std::vector<int> &dilations);

  /// Bytes that refine() takes on the CPU, and keeps, for so many score maps.
  static std::int64_t bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                            const std::vector<int> &dilations);

 private:
  ScoreLines picture_, current_, next_;
  at::Tensor weights_;  // [H, 8 * dilations, padded W]
};

/// The same in plain tensor operations, one neighbour at a time; any device. The form that pamr()
/// is checked against, and what runs where there is no kernel.
at::Tensor pamr_plain(const at::Tensor &picture, const at::Tensor &scores, int steps,
                      const std::vector<int> &dilations);

}  // namespace naclip
