// Residual attention blocks on a GPU: fused between the linear layers.
#pragma once

#include <ATen/ATen.h>

#include <span>

#include "model/network/transformer.h"

namespace naclip {

/// As Block::forward() of one block after another, not causal. What follows a residual sum is
/// always a LayerNorm, so that the two are one kernel. x: [B, N, C] of the activations' type,
/// dense; becomes the last block's outcome. -> `last` of that, [B, N, C].
at::Tensor forward_on_gpu(std::span<const Block> blocks, at::Tensor &x, const LayerNorm &last,
                          const AfterBlock &after);

}  // namespace naclip
