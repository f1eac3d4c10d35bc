// Scores -> labels, fused: what plain/decode.h computes in tensor operations.
#pragma once

#include <ATen/ATen.h>

#include "model/plain/decode.h"

namespace naclip {

/// As plain::decode(): scores are sampled bilinearly at the mask's pixels and decided there, so
/// nothing of size Q x height x width is made. scores: [1, Q, h, w] float32, any device.
Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options);

}  // namespace naclip
