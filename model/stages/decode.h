// Scores -> labels, fused: what plain/decode.h computes in tensor operations.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "model/plain/decode.h"

namespace naclip {

/// As plain::decode(): scores are sampled bilinearly at the mask's pixels and decided there, so
/// nothing of size Q x height x width is made. scores: [1, Q, h, w] float32, any device, or float16
/// on a GPU.
Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options);

/// The same for several pictures, scores: [B, Q, h, w], without waiting for a GPU: what is returned
/// gives their outcomes, once, after cuda::wait().
std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                        int width, const DecodeOptions &options);

}  // namespace naclip
