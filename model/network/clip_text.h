// CLIP's text transformer.
#pragma once

#include <ATen/ATen.h>

#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "model/machine/device.h"
#include "model/network/checkpoint.h"
#include "model/network/cpu_blocks.h"
#include "model/network/transformer.h"
#include "model/text/token_trie.h"

namespace naclip {

/// The text tower (arXiv 2103.00020, section 2.4): a causal transformer read at the end token.
class ClipText {
 public:
  /// How sentences are encoded. kPlain, in plain tensor operations, is what other devices than the
  /// CPU always do; there it is the form that the other is checked against.
  enum class Form { kShared, kPlain };

  /// On the CPU the first encode() lays the weights out, and none does while all words are known from a folder; till then
  /// they are what the checkpoint holds.
  ClipText(Checkpoint checkpoint, const Compute &compute, Form form = Form::kShared);

  /// What many sentences to come begin with, none of them whole: token ids from the start on. On the
  /// CPU the first encode() computes it, and those after it do not again.
  void share(std::vector<std::vector<int>> beginnings) { beginnings_ = std::move(beginnings); }

  /// sentences: token ids with start and end, 1..context_length each -> [B, D] float32, not
  /// normalised. A token never sees those behind it: sentences end with their last token, and on
  /// the CPU what several begin with is computed once.
  at::Tensor encode(const std::vector<std::vector<int>> &sentences);

  const Compute &compute() const { return compute_; }
  std::int64_t context_length() const { return context_length_; }

 private:
  /// What it throws once, it throws whenever it is called again.
  void lay_out();
  void lay_out_from(Checkpoint &checkpoint);
  at::Tensor encode_plain(const std::vector<std::vector<int>> &sentences) const;
  at::Tensor encode_trie(const TokenTrie &trie);
  void compute_beginnings();
  at::Tensor own_nodes(const TokenTrie &trie, std::int64_t kept) const;

  Compute compute_;
  Form form_;
  std::int64_t context_length_;
  std::optional<Checkpoint> checkpoint_;  // until its weights are laid out
  std::exception_ptr failure_;            // of laying out, which takes the checkpoint apart
  at::Tensor embedding_;                  // [vocabulary, C]
  at::Tensor positions_;                  // [context, C]
  std::vector<Block> blocks_;             // of the plain form
  std::vector<CpuBlock> cpu_blocks_;      // of the other
  LayerNorm ln_final_;
  Linear projection_;
  CpuBlocks cpu_runner_;
  std::vector<std::vector<int>> beginnings_;
  std::vector<at::Tensor> kept_;  // [nodes, 2 C] keys and values of the beginnings, by block
};

}  // namespace naclip
