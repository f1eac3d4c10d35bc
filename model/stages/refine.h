// Pixel-adaptive mask refinement (PAMR): scores flow to neighbours of like colour.
// "Single-Stage Semantic Segmentation from Image Labels", arXiv 2005.08104, section 3.3.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/stages/score_lines.h"

namespace naclip {

/// As plain::refine(), fused: memory is two score maps, a few rows more, and one weight per pixel
/// and neighbour, never their product. The outcome is on the CPU in the layout of ScoreLines.
at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations);

/// refine() for frame after frame: on the CPU its memory is taken once per shape.
class Refiner {
 public:
  /// type: of the maps on a GPU, see cuda::refine(); elsewhere they are float32.
  explicit Refiner(at::ScalarType type = at::kFloat) : type_(type) {}

  /// As refine(), at height x width and for several pictures: `picture`, too, is stretched to that.
  /// picture: [B, 3, ...]; scores: [B, Q, ...] -> [B, Q, height, width], good until the next call.
  at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, std::int64_t height,
                    std::int64_t width, int steps, const std::vector<int> &dilations);

  /// Bytes that refine() takes on the CPU, and keeps, for so many score maps.
  static std::int64_t bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                            const std::vector<int> &dilations);

 private:
  at::ScalarType type_;
  ScoreLines picture_, current_, next_;
  std::vector<ScoreLines> between_;  // a thread's rows between two steps
  at::Tensor weights_;               // [H, 8 * dilations, padded W]
};

}  // namespace naclip
