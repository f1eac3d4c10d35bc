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

/// Attention of a trie's last nodes to their paths. projected: [1, own, 3 C] of these nodes; both:
/// [nodes, 2 C] keys and values of all, dense in rows; out: [1, own, C]
template <typename Element>
void attend_paths_into(const TokenTrie &trie, std::int64_t heads, const at::Tensor &projected,
                       const at::Tensor &both, Element *out) {
  const auto *queries = static_cast<const Element *>(projected.data_ptr());
  const auto *keys = static_cast<const Element *>(both.data_ptr());
  const std::int64_t own = projected.size(1), pitch = projected.size(2), channels = pitch / 3;
  const std::int64_t width = channels / heads, kept = trie.size() - own;
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
  at::parallel_for(0, own, 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(trie.longest + kernels::padded(width)));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t node = kept + i;
      kernels::attend_path(
          kernels::PathAttention<Element>{queries + i * pitch,
                                          {keys, both.stride(0)},
                                          {keys + channels, both.stride(0)},
                                          out + i * channels,
                                          trie.paths.data() + node * trie.longest,
                                          trie.depths[static_cast<std::size_t>(node)] + 1,
                                          heads,
                                          width,
                                          scale},
          scratch.data());
    }
  });
}

void attend_paths(const TokenTrie &trie, std::int64_t heads, const at::Tensor &projected,
                  const at::Tensor &both, const at::Tensor &attended) {
  with_elements(attended, [&](auto *out) { attend_paths_into(trie, heads, projected, both, out); });
}

/// Of projected, [1, N, 3 C]: [N, 2 C], not copied.
at::Tensor keys_and_values(const at::Tensor &projected) {
  return projected[0].slice(1, projected.size(2) / 3);
}

}  // namespace

ClipText::ClipText(Checkpoint checkpoint, const Compute &compute, Form form)
    : compute_(compute),
      form_(form),
      context_length_(checkpoint.sizes.context_length),
      checkpoint_(std::move(checkpoint)) {
  // A device whose memory does not suffice has to say so at once.
  if (!compute_.device.is_cpu()) lay_out();
}

void ClipText::lay_out() {
  if (failure_) std::rethrow_exception(failure_);
  if (!checkpoint_) return;
  Checkpoint checkpoint = std::move(*checkpoint_);
  checkpoint_.reset();
  try {
    lay_out_from(checkpoint);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

void ClipText::lay_out_from(Checkpoint &checkpoint) {
  const NetworkSizes &sizes = checkpoint.sizes;
  const char *const name = "transformer";
  embedding_ = activation_tensor(checkpoint, "token_embedding.weight", compute_);
  positions_ = activation_tensor(checkpoint, "positional_embedding", compute_);
  ln_final_ = layer_norm(checkpoint, "ln_final", compute_);
  if (compute_.device.is_cpu() && form_ == Form::kShared)
    cpu_blocks_ = cpu_blocks(checkpoint, name, sizes.text_layers, sizes.text_heads, compute_);
  else
    blocks_ = blocks(checkpoint, name, sizes.text_layers, sizes.text_heads, compute_);
  projection_.weight = weight_tensor(checkpoint, "text_projection", compute_).t().contiguous();
}

at::Tensor ClipText::encode(const std::vector<std::vector<int>> &sentences) {
  at::NoGradGuard no_grad;
  lay_out();
  if (cpu_blocks_.empty()) return encode_plain(sentences);
  if (kept_.empty() && !beginnings_.empty()) compute_beginnings();
  // The beginnings come first, so that their nodes have the places that kept_ has.
  std::vector<std::vector<int>> all = beginnings_;
  all.insert(all.end(), sentences.begin(), sentences.end());
  TokenTrie trie(all);
  trie.ends.erase(trie.ends.begin(), trie.ends.end() - std::ssize(sentences));
  return encode_trie(trie);
}

/// [1, own, C], what the network reads of the nodes that come after the `kept` first.
at::Tensor ClipText::own_nodes(const TokenTrie &trie, std::int64_t kept) const {
  const at::Tensor tokens = indices(trie.tokens).slice(0, kept);
  const at::Tensor places = indices(trie.depths).slice(0, kept);
  return (at::embedding(embedding_, tokens) + positions_.index({places})).unsqueeze(0);
}

void ClipText::compute_beginnings() {
  const TokenTrie trie(beginnings_);
  const at::Tensor x = own_nodes(trie, 0);
  std::vector<at::Tensor> kept;
  for (const CpuBlock &block : cpu_blocks_) {
    ComputeThread::shared().interruption_point();
    cpu_runner_.forward(block, x, [&](const at::Tensor &projected, const at::Tensor &attended) {
      kept.push_back(keys_and_values(projected).contiguous());
      attend_paths(trie, block.heads, projected, kept.back(), attended);
    });
  }
  kept_ = std::move(kept);
}

at::Tensor ClipText::encode_trie(const TokenTrie &trie) {
  const std::int64_t kept = kept_.empty() ? 0 : kept_[0].size(0);
  const at::Tensor x = own_nodes(trie, kept), ends = indices(trie.ends) - kept;
  at::Tensor last;
  for (std::size_t i = 0; i < cpu_blocks_.size(); ++i) {
    ComputeThread::shared().interruption_point();
    const CpuBlock &block = cpu_blocks_[i];
    const auto attend = [&](const at::Tensor &projected, const at::Tensor &attended) {
      at::Tensor both = keys_and_values(projected);
      if (kept > 0) both = at::cat({kept_[i], both});
      attend_paths(trie, block.heads, projected, both, attended);
    };
    // Sentences are read at their ends: nothing behind the last attention needs the other nodes.
    if (i + 1 < cpu_blocks_.size())
      cpu_runner_.forward(block, x, attend);
    else
      last = cpu_runner_.forward_rows(block, x, attend, ends);
  }
  return projection_(ln_final_(last[0]));
}

at::Tensor ClipText::encode_plain(const std::vector<std::vector<int>> &sentences) const {
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
