// Residual attention blocks on the CPU: fused between the linear layers, memory taken once per
// shape.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

#include "model/network/checkpoint.h"
#include "model/network/matmul.h"
#include "model/network/transformer.h"

namespace naclip {

/// A linear layer and what follows it, by oneDNN where that is quicker, else by libtorch.
class CpuLinear {
 public:
  /// linear: on the CPU, with a bias.
  CpuLinear(const Linear &linear, Matmul::Then then);

  /// x: [B, N, in] dense, in the weights' precision -> y: [B, N, out] dense, float32 where it is added to, else in the
  /// weights' precision. scratch: as y, in the weights' precision; may be y where nothing is added.
  void operator()(const at::Tensor &x, const at::Tensor &y, const at::Tensor &scratch) const;

  at::ScalarType precision() const { return precision_; }
  std::int64_t out() const { return bias_.size(0); }

 private:
  Matmul::Then then_;
  at::ScalarType precision_;
  at::Tensor weight_,
      bias_;  // [out, in], not defined where oneDNN has it in a layout of its own; [out]
  Matmul matmul_;
};

/// A residual attention block as the CPU runs it, see Block.
struct CpuBlock {
  explicit CpuBlock(const Block &block);

  LayerNorm ln_1, ln_2;
  CpuLinear in_proj, out_proj, c_fc, c_proj;
  std::int64_t heads;
};

/// The first blocks of `prefix`, taken from the checkpoint one by one.
std::vector<CpuBlock> cpu_blocks(Checkpoint &checkpoint, const std::string &prefix,
                                 std::int64_t count, std::int64_t heads, const Compute &compute);

/// Runs blocks in place. One at a time: the memory between its steps is its own.
class CpuBlocks {
 public:
  /// What one block's tokens read from one another. projected: [B, N, 3 C], the outcome of in_proj;
  /// attended: [B, N, C]; both dense and in the weights' precision.
  using Attend = std::function<void(const at::Tensor &projected, const at::Tensor &attended)>;

  /// As Block::forward, not causal. x: [B, N, C] float32, dense; changed in place.
  void forward(const CpuBlock &block, const at::Tensor &x);

  /// The same with an attention of the caller's.
  void forward(const CpuBlock &block, const at::Tensor &x, const Attend &attend);

  /// The same where only some tokens' outcomes are asked for, as of the last block. x: [1, N, C],
  /// left as it is; rows: [R] int64, R <= N -> [1, R, C] float32
  at::Tensor forward_rows(const CpuBlock &block, const at::Tensor &x, const Attend &attend,
                          const at::Tensor &rows);

 private:
  void reshape(const CpuBlock &block, const at::Tensor &x);
  void attend_all(const CpuBlock &block, const at::Tensor &x, const Attend &attend);
  void finish(const CpuBlock &block, const at::Tensor &x, const at::Tensor &attended);

  // [B, N, ...] in the weights' precision
  at::Tensor normed_, projected_, attended_, hidden_, delta_;
};

}  // namespace naclip
