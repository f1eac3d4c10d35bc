// The parts that CLIP's two transformers share: linear layers, norms, residual attention blocks.
// "Learning Transferable Visual Models From Natural Language Supervision", arXiv 2103.00020.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

#include "model/machine/device.h"
#include "model/network/checkpoint.h"
#include "model/plain/attention.h"

namespace naclip {

/// y = x W^T + b, computed in the weights' precision, returned in the input's.
struct Linear {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], may be undefined

  at::Tensor operator()(const at::Tensor &x) const;
};

/// Layer normalisation over the last dimension, epsilon 1e-5.
struct LayerNorm {
  at::Tensor weight, bias;

  at::Tensor operator()(const at::Tensor &x) const;
};

/// As plain::attention(). On the CPU fused and computed in float32; heads of a token lie together
/// in the outcome's memory, so that merging them costs nothing.
at::Tensor attention(const Projections &p, const at::Tensor &bias);

/// What the numbers are that attention multiplies on the CPU. kInt16: 16-bit integers, where the processor has products of
/// them, twice as many a step as of float32: for networks whose linear layers are less precise.
enum class AttentionProducts { kFloat32, kInt16 };

/// The fused form into given memory. p: float32 or bfloat16 on the CPU; out: [B, N, heads, the
/// values' width] dense.
void attention_into(const Projections &p, const at::Tensor &bias, const at::Tensor &out,
                    AttentionProducts products = AttentionProducts::kFloat32);

/// As plain::pearl_projections(). On the CPU head by head, each in one core's cache.
Projections pearl_projections(const Projections &p, double alpha);

/// Queries, keys and values in the outcome of an in_proj, [B, N, 3 C]; views.
Projections split_heads(const at::Tensor &projected, std::int64_t heads);

/// One residual attention block.
struct Block {
  LayerNorm ln_1, ln_2;
  Linear in_proj, out_proj, c_fc, c_proj;
  std::int64_t heads = 1;
  Activation activation = Activation::kQuickGelu;

  /// x + attention(ln_1(x)), then + mlp(ln_2(·)). [B, N, C] -> [B, N, C]. `causal`: a token attends
  /// only to those before it and itself. The plain form, any device; see CpuBlocks.
  at::Tensor forward(const at::Tensor &x, bool causal) const;

  /// [B, N, C] normalised -> queries, keys and values.
  Projections project(const at::Tensor &x) const;

  /// [B, heads, N, C / heads] -> [B, N, C], heads merged and projected.
  at::Tensor merge(const at::Tensor &heads_output) const;

  /// The two-layer perceptron: QuickGELU, x sigmoid(1.702 x), as in OpenAI's CLIP, or GELU, x Phi(x)
  /// (arXiv 1606.08415), by `activation`. [B, N, C] -> [B, N, C]
  at::Tensor mlp(const at::Tensor &x) const;
};

/// Told after each of a network's blocks how many have run, and of the residual stream, [B, N, C],
/// which the next block changes in place.
using AfterBlock = std::function<void(std::int64_t blocks, const at::Tensor &x)>;

/// The tensor `name`, on the device, as a weight of linear layers.
at::Tensor weight_tensor(const Checkpoint &checkpoint, const std::string &name,
                         const Compute &compute);
/// The tensor `name`, on the device, in the activations' type.
at::Tensor activation_tensor(const Checkpoint &checkpoint, const std::string &name,
                             const Compute &compute);
/// `prefix`.weight and `prefix`.bias.
LayerNorm layer_norm(const Checkpoint &checkpoint, const std::string &prefix,
                     const Compute &compute);
/// The block `prefix`.resblocks.`layer`.
Block block_at(const Checkpoint &checkpoint, const std::string &prefix, std::int64_t layer,
               std::int64_t heads, const Compute &compute);
/// The same, whose tensors are no longer in the checkpoint then.
Block take_block(Checkpoint &checkpoint, const std::string &prefix, std::int64_t layer,
                 std::int64_t heads, const Compute &compute);
/// The blocks `prefix`.resblocks.0 … `prefix`.resblocks.{layers - 1}.
std::vector<Block> blocks(const Checkpoint &checkpoint, const std::string &prefix,
                          std::int64_t layers, std::int64_t heads, const Compute &compute);

}  // namespace naclip
