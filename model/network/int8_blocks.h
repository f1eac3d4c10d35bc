// Residual attention blocks whose linear layers' products are of 8 bits, on the CPU; norms, softmax and
// activations between them are computed in float32.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "model/network/int8_linear.h"
#include "model/network/transformer.h"

namespace naclip {

struct Int8Block {
  /// block: float32, on the CPU
  explicit Int8Block(const Block &block);

  LayerNorm ln_1, ln_2;
  Int8Linear in_proj, out_proj, c_fc, c_proj;
  std::int64_t heads;
  Activation activation;
};

/// Runs blocks in place. One at a time: the memory between its steps is its own.
class Int8Blocks {
 public:
  /// As CpuBlocks::forward(). x: [B, N, C] float32, dense; changed in place.
  void forward(const Int8Block &block, const at::Tensor &x);

 private:
  void reshape(const Int8Block &block, const at::Tensor &x);
  /// The tokens from `first` on, as many as a part has: x -> projected_, and attended_ -> x.
  void project(const Int8Block &block, const at::Tensor &x, std::int64_t first, std::int64_t count);
  void finish(const Int8Block &block, const at::Tensor &x, std::int64_t first, std::int64_t count);

  at::Tensor projected_, attended_;  // [B, N, 3 C] and [B, N, C] float32
  // Of a part: its rows as bytes, and what the layers make of them.
  std::vector<std::uint8_t> bytes_, hidden_;
  std::vector<kernels::RowScale> scales_, hidden_scales_;
  std::vector<std::int32_t> sums_;
};

}  // namespace naclip
