// The last block's attention without a detour through float32.
#pragma once

#include <ATen/ATen.h>

namespace naclip::cuda {

/// softmax(key key^T / sqrt(d) + bias) value, fused where libtorch has it fused: in half precision on a GPU the
/// products are of half precision, and the softmax accumulates in float32, as ATen's do everywhere. Any device.
/// key, value: [B, heads, N, d]; bias: [N, N] of the same type -> [B, heads, N, d].
at::Tensor biased_attention(const at::Tensor &key, const at::Tensor &value, const at::Tensor &bias);

}  // namespace naclip::cuda
