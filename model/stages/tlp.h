// Text-aware Laplacian propagation (TLP), PEARL's refinement: on a coarse grid, scores flow between
// neighbours of like colour and like words, away from where they are decided.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "model/kernels/tlp.h"
#include "model/plain/tlp.h"
#include "model/stages/score_lines.h"

namespace naclip {

/// plain::tlp() for frame after frame, fused: block means without the stretched map before them,
/// and two passes over the grid for each of the steps. On the CPU its memory is taken once per
/// shape.
class Propagator {
 public:
  /// As plain::tlp(), at height x width: `picture`, too, is stretched to that. picture: [B, 3, ...];
  /// scores: [B, Q, ...]; words: [Q, D] normalised, all float32 -> [B, Q, rows, columns] of the
  /// grid, to be stretched by whoever reads it; good until the next call.
  at::Tensor propagate(const at::Tensor &picture, const at::Tensor &scores, const at::Tensor &words,
                       std::int64_t height, std::int64_t width,
                       std::int64_t grid = plain::kTlpGrid);

  /// Of the grid along a side of that many pixels.
  static std::int64_t samples(std::int64_t size, std::int64_t grid = plain::kTlpGrid);

  /// Bytes that propagate() takes on the CPU, and keeps, for so many score maps.
  static std::int64_t bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                            std::int64_t grid = plain::kTlpGrid);

 private:
  void reshape(std::int64_t queries, std::int64_t height, std::int64_t width);
  void average(const at::Tensor &map, std::int64_t height, std::int64_t width, std::int64_t grid,
               const ScoreLines &target) const;
  void bind(const kernels::TlpMaps &maps) const;
  void solve(const kernels::TlpMaps &maps);
  /// The sum of row(y) over the grid's rows, the same however many threads there are.
  double sum(const std::function<double(std::int64_t y)> &row) const;

  ScoreLines picture_, binding_, scores_, residual_, direction_, next_;
  at::Tensor words_, word_weights_;  // those of the last vocabulary
};

}  // namespace naclip
