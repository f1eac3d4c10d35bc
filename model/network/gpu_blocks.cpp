#include "model/network/gpu_blocks.h"

#include "model/cuda/operations.h"

namespace naclip {

namespace {

at::Tensor add_and_normalise(at::Tensor &x, const at::Tensor &delta, const LayerNorm &norm) {
  return cuda::add_and_normalise(x, delta, norm.weight, norm.bias);
}

}  // namespace

at::Tensor forward_on_gpu(std::span<const Block> blocks, at::Tensor &x, const LayerNorm &last,
                          const AfterBlock &after) {
  at::Tensor normed = (blocks.empty() ? last : blocks.front().ln_1)(x);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block &block = blocks[i];
    const at::Tensor attended = block.merge(plain::attention(block.project(normed), {}));
    at::Tensor hidden = block.c_fc(add_and_normalise(x, attended, block.ln_2));
    if (block.activation == Activation::kGelu)
      cuda::gelu(hidden);
    else
      cuda::quick_gelu(hidden);
    const LayerNorm &next = i + 1 < blocks.size() ? blocks[i + 1].ln_1 : last;
    normed = add_and_normalise(x, block.c_proj(hidden), next);
    if (after) after(static_cast<std::int64_t>(i) + 1, x);
  }
  return normed;
}

}  // namespace naclip
