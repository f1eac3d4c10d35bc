// Residual attention blocks on the CPU: fused between the linear layers, memory taken once per
// shape.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "model/network/transformer.h"

namespace naclip {

/// Runs blocks in place. One at a time: the memory between its steps is its own.
class CpuBlocks {
 public:
  /// What one block's tokens read from one another. projected: [B, N, 3 C], the outcome of in_proj;
  /// attended: [B, N, C]; both dense and in the weights' precision.
  using Attend = std::function<void(const Block &block, const at::Tensor &projected,
                                    const at::Tensor &attended)>;

  /// As Block::forward, not causal. x: [B, N, C] float32, dense; changed in place.
  void forward(const Block &block, const at::Tensor &x);

  /// The same with an attention of the caller's.
  void forward(const Block &block, const at::Tensor &x, const Attend &attend);

  /// The same where only some tokens' outcomes are asked for, as of the last block. x: [1, N, C],
  /// left as it is; rows: [R] int64, R <= N -> [1, R, C] float32
  at::Tensor forward_rows(const Block &block, const at::Tensor &x, const Attend &attend,
                          const at::Tensor &rows);

 private:
  void reshape(const Block &block, const at::Tensor &x);
  void attend_all(const Block &block, const at::Tensor &x, const Attend &attend);
  void finish(const Block &block, const at::Tensor &x, const at::Tensor &attended);

  // [B, N, ...] in the weights' precision
  at::Tensor normed_, projected_, attended_, hidden_, delta_;
};

}  // namespace naclip
