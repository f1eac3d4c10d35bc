#include "transformer.h"

#include <torch/version.h>

#include <cmath>

namespace naclip {

namespace {

/// softmax(q k^T / sqrt(d)) v. libtorch has it fused from 2.0 on.
at::Tensor scaled_dot_product(const Projections &p, bool causal) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(p.query, p.key, p.value, {}, 0.0, causal);
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(p.query.size(-1)));
  at::Tensor weights = at::matmul(p.query * scale, p.key.transpose(-2, -1));
  if (causal) {
    const std::int64_t n = weights.size(-1);
    const at::Tensor future = at::ones({n, n}, weights.options().dtype(at::kBool)).triu(1);
    weights.masked_fill_(future, -std::numeric_limits<float>::infinity());
  }
  return at::matmul(weights.softmax(-1), p.value);
#endif
}

}  // namespace

at::Tensor Linear::operator()(const at::Tensor &x) const {
  return at::linear(x.to(weight.scalar_type()), weight, bias).to(x.scalar_type());
}

at::Tensor LayerNorm::operator()(const at::Tensor &x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, 1e-5);
}

Projections Block::project(const at::Tensor &x) const {
  const std::int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  const auto parts =
      in_proj(x).view({batch, tokens, 3, heads, width / heads}).permute({2, 0, 3, 1, 4}).unbind(0);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor Block::merge(const at::Tensor &heads_output) const {
  return out_proj(heads_output.transpose(1, 2).flatten(2));
}

at::Tensor Block::mlp(const at::Tensor &x) const {
  at::Tensor hidden = c_fc(x);
  hidden = hidden * at::sigmoid(1.702 * hidden);
  return c_proj(hidden);
}

at::Tensor Block::forward(const at::Tensor &x, bool causal) const {
  const at::Tensor attended = x + merge(scaled_dot_product(project(ln_1(x)), causal));
  return attended + mlp(ln_2(attended));
}

at::Tensor weight_tensor(const Checkpoint &checkpoint, const std::string &name,
                         const Compute &compute) {
  return checkpoint.at(name).to(compute.device, compute.weights).contiguous();
}

at::Tensor activation_tensor(const Checkpoint &checkpoint, const std::string &name,
                             const Compute &compute) {
  return checkpoint.at(name).to(compute.device, compute.activations).contiguous();
}

LayerNorm layer_norm(const Checkpoint &checkpoint, const std::string &prefix,
                     const Compute &compute) {
  return {activation_tensor(checkpoint, prefix + ".weight", compute),
          activation_tensor(checkpoint, prefix + ".bias", compute)};
}

std::vector<Block> blocks(const Checkpoint &checkpoint, const std::string &prefix,
                          std::int64_t layers, std::int64_t heads, const Compute &compute) {
  const auto linear = [&](const std::string &weight, const std::string &bias) {
    return Linear{weight_tensor(checkpoint, weight, compute),
                  weight_tensor(checkpoint, bias, compute)};
  };
  std::vector<Block> result;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string name = prefix + ".resblocks." + std::to_string(layer) + ".";
    Block block;
    block.heads = heads;
    block.ln_1 = layer_norm(checkpoint, name + "ln_1", compute);
    block.ln_2 = layer_norm(checkpoint, name + "ln_2", compute);
    block.in_proj = linear(name + "attn.in_proj_weight", name + "attn.in_proj_bias");
    block.out_proj = linear(name + "attn.out_proj.weight", name + "attn.out_proj.bias");
    block.c_fc = linear(name + "mlp.c_fc.weight", name + "mlp.c_fc.bias");
    block.c_proj = linear(name + "mlp.c_proj.weight", name + "mlp.c_proj.bias");
    result.push_back(std::move(block));
  }
  return result;
}

}  // namespace naclip
