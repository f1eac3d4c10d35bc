#include "clip_text.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace naclip {

ClipText::ClipText(const Checkpoint &checkpoint, const Compute &compute)
    : compute_(compute),
      embedding_(activation_tensor(checkpoint, "token_embedding.weight", compute)),
      positions_(activation_tensor(checkpoint, "positional_embedding", compute)),
      blocks_(blocks(checkpoint, "transformer", checkpoint.sizes.text_layers,
                     checkpoint.sizes.text_heads, compute)),
      ln_final_(layer_norm(checkpoint, "ln_final", compute)) {
  projection_.weight = weight_tensor(checkpoint, "text_projection", compute).t().contiguous();
}

at::Tensor ClipText::encode(const std::vector<std::vector<int>> &sentences) const {
  at::NoGradGuard no_grad;
  const auto batch = static_cast<std::int64_t>(sentences.size());
  std::size_t longest = 0;
  for (const auto &sentence : sentences) longest = std::max(longest, sentence.size());

  at::Tensor tokens = at::zeros({batch, static_cast<std::int64_t>(longest)}, at::kLong);
  at::Tensor ends = at::empty({batch}, at::kLong);
  for (std::int64_t row = 0; row < batch; ++row) {
    const auto &sentence = sentences[static_cast<std::size_t>(row)];
    std::copy(sentence.begin(), sentence.end(), tokens[row].data_ptr<std::int64_t>());
    ends.data_ptr<std::int64_t>()[row] = static_cast<std::int64_t>(sentence.size()) - 1;
  }
  at::Tensor x = at::embedding(embedding_, tokens.to(compute_.device)) +
                 positions_.slice(0, 0, static_cast<std::int64_t>(longest));
  for (const Block &block : blocks_) x = block.forward(x, true);
  const at::Tensor rows = at::arange(batch, at::TensorOptions(at::kLong).device(compute_.device));
  const at::Tensor last = ln_final_(x).index({rows, ends.to(compute_.device)});
  return projection_(last).to(at::kFloat);
}

}  // namespace naclip
