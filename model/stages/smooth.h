// A mean of class scores over the frames of one stream, along their motion, so that noise does not
// flip labels.
#pragma once

#include <ATen/ATen.h>

#include "model/motion/flow.h"

namespace naclip {

/// One stream's memory of pictures and scores: exponential means over its frames, along their
/// motion (dense optical flow). Each pixel reads its past where it was in the last picture; the
/// past weighs `factor`, and less where the last picture does not explain what is seen there,
/// beyond what noise does everywhere: mean = weight x past mean + (1 - weight) x present. Used by
/// one thread at a time.
class ScoreSmoother {
 public:
  /// The next frame's picture, its noise averaged: what scores are best refined on. It is the
  /// picture itself where there is no past: at first, at a scene cut and where its shape or device
  /// changes.
  ///
  /// picture: [1, 3, H, W] float32, the network's normalised input; factor: 0..1, the weight of the
  /// past (0 forgets it and returns `picture`) -> [1, 3, H, W] float32, not written to again.
  /// Throws Error{kSettings} where the library was built without OpenCV, Error{kInference} where it
  /// fails.
  at::Tensor smooth_picture(const at::Tensor &picture, double factor);

  /// The same frame's scores, as they go into decode(): refined, since refinement follows what
  /// noise is left in the picture. Where the picture had no past they have none, nor where
  /// `queries` (an identity, never followed) or their shape are others than last time.
  ///
  /// scores: [1, Q, h, w] float32 over the whole picture, any strides, on the picture's device ->
  /// [1, Q, h, w] float32, contiguous, not written to again; `scores` itself where the factor is 0.
  at::Tensor smooth_scores(const at::Tensor &scores, const void *queries);

  /// Bytes that smooth_scores() takes at most, its result and its memory of the past included.
  static std::int64_t bytes(std::int64_t queries, std::int64_t height, std::int64_t width);

  /// Forgets the past: after a flush or where a stream begins anew.
  void reset();

 private:
  at::Tensor picture_;  // [1, 3, H, W], the mean
  at::Tensor scores_;   // [1, Q, h, w], the mean
  const void *queries_ = nullptr;
  // Of the present picture; undefined where it has no past.
  at::Tensor places_;  // [1, H, W, 2]
  at::Tensor weight_;  // [1, 1, H, W]
  double factor_ = 0.0;
  FlowPicture last_;
  FlowSearch search_{FlowDetail::kFine};
};

}  // namespace naclip
