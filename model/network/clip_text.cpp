#include "model/network/clip_text.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "model/kernels/attention.h"
#include "model/network/kernel_elements.h"

namespace naclip {

namespace {

at::Tensor indices(const std::vector<std::int64_t> &values) {
  return at::tensor(values, at::kLong);
}

/// Each node's attention to its path. projected: [1, nodes, 3 C]; out: [1, nodes, C]
template <typename Element>
void attend_paths(const TokenTrie &trie, std::int64_t heads, const at::Tensor &projected,
                  Element *out) {
  const auto *source = static_cast<const Element *>(projected.data_ptr());
  const std::int64_t pitch = projected.size(2), channels = pitch / 3, width = channels / heads;
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
  at::parallel_for(0, trie.size(), 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(trie.longest + kernels::padded(width)));
    for (std::int64_t node = begin; node < end; ++node)
      kernels::attend_path(
          kernels::PathAttention<Element>{source + node * pitch,
                                          {source + channels, pitch},
                                          {source + 2 * channels, pitch},
                                          out + node * channels,
                                          trie.paths.data() + node * trie.longest,
                                          trie.depths[static_cast<std::size_t>(node)] + 1,
                                          heads,
                                          width,
                                          scale},
          scratch.data());
  });
}

}  // namespace

ClipText::ClipText(const Checkpoint &checkpoint, const Compute &compute)
    : compute_(compute),
      embedding_(activation_tensor(checkpoint, "token_embedding.weight", compute)),
      positions_(activation_tensor(checkpoint, "positional_embedding", compute)),
      blocks_(blocks(checkpoint, "transformer", checkpoint.sizes.text_layers,
                     checkpoint.sizes.text_heads, compute)),
      ln_final_(layer_norm(checkpoint, "ln_final", compute)) {
  projection_.weight = weight_tensor(checkpoint, "text_projection", compute).t().contiguous();
}

at::Tensor ClipText::encode(const std::vector<std::vector<int>> &sentences) {
  return compute_.device.is_cpu() ? encode_trie(TokenTrie(sentences)) : encode_plain(sentences);
}

at::Tensor ClipText::encode_trie(const TokenTrie &trie) {
  at::NoGradGuard no_grad;
  const at::Tensor x =
      (at::embedding(embedding_, indices(trie.tokens)) + positions_.index({indices(trie.depths)}))
          .unsqueeze(0);
  for (const Block &block : blocks_) {
    ComputeThread::shared().interruption_point();
    cpu_blocks_.forward(
        block, x, [&](const Block &own, const at::Tensor &projected, const at::Tensor &attended) {
          with_elements(attended,
                        [&](auto *out) { attend_paths(trie, own.heads, projected, out); });
        });
  }
  return projection_(ln_final_(x[0].index({indices(trie.ends)})));
}

at::Tensor ClipText::encode_plain(const std::vector<std::vector<int>> &sentences) const {
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
