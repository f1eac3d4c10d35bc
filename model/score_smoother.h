// An exponential mean of class scores over the frames of one stream, so that noise does not flip labels.
#pragma once

#include <ATen/ATen.h>

#include "flow.h"

namespace naclip {

/// One stream's memory of class scores. Used by one thread at a time.
class ScoreSmoother {
 public:
  /// mean = factor x past mean + (1 - factor) x scores; the scores themselves where there is no
  /// past: at first, at a scene cut, and where `queries` (an identity, never followed), the scores'
  /// shape or device or the picture's shape are others than last time.
  ///
  /// scores: [1, Q, h, w] float32 at the network's resolution, strides(3) = 1 or not; picture:
  /// [1, 3, H, W] float32, the network's normalised input, on any device; factor: the weight of the
  /// past, 0..1 (0 forgets it and returns `scores` itself) -> [1, Q, h, w] float32, contiguous, good
  /// until the next call.
  at::Tensor smooth(const at::Tensor &scores, const at::Tensor &picture, const void *queries,
                    double factor);

  at::Tensor smooth_picture(const at::Tensor &picture, double factor);
  at::Tensor smooth_scores(const at::Tensor &scores, const void *queries, double factor);

  /// Forgets the past: after a flush or where a stream begins anew.
  void reset();

 private:
  at::Tensor mean_;
  at::Tensor picture_, grid_, weight_;
  FlowPicture last_;
  FlowSearch search_{FlowDetail::kFine};
  const void *queries_ = nullptr;
};

}  // namespace naclip
