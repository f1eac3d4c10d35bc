#include "model/network/transformer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "model/kernels/attention.h"
#include "model/kernels/attention_int16.h"
#include "model/network/kernel_elements.h"

namespace naclip {

namespace {

std::string block_name(const std::string &prefix, std::int64_t layer) {
  return prefix + ".resblocks." + std::to_string(layer) + ".";
}

template <typename Element>
kernels::Tokens<const Element> tokens_of(const at::Tensor &x, std::int64_t picture,
                                         std::int64_t head) {
  const auto *data = static_cast<const Element *>(x.data_ptr());
  return {data + picture * x.stride(0) + head * x.stride(1), x.stride(2)};
}

/// Tokens' channels are dense in memory.
at::Tensor with_dense_tokens(const at::Tensor &x) {
  return x.stride(3) == 1 ? x : x.contiguous();
}

template <typename Element>
void attend_all(const Projections &p, const at::Tensor &bias, AttentionProducts products,
                Element *out) {
  const std::int64_t pictures = p.key.size(0), heads = p.key.size(1), tokens = p.key.size(2),
                     width = p.key.size(3), value_width = p.value.size(3);
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
  const float *bias_data = bias.defined() ? bias.data_ptr<float>() : nullptr;
  const bool int16 = products == AttentionProducts::kInt16 && kernels::has_int16_products() &&
                     width <= kernels::kMostInt16Width;
  // One picture has fewer heads than a large machine has cores: then each head is shared out.
  const std::int64_t parts = (at::get_num_threads() * 2 - 1) / (pictures * heads) + 1;
  const std::int64_t part = (tokens + parts - 1) / parts;
  at::parallel_for(0, pictures * heads * parts, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch;
    std::vector<std::int32_t> int16_scratch;
    if (int16)
      int16_scratch.resize(
          static_cast<std::size_t>(kernels::int16_attention_scratch(tokens, width, value_width)));
    else
      scratch.resize(
          static_cast<std::size_t>(kernels::attention_scratch(tokens, width, value_width)));
    for (std::int64_t index = begin; index < end; ++index) {
      const std::int64_t head = index / parts % heads, picture = index / parts / heads;
      const std::int64_t first = std::min(index % parts * part, tokens);
      const std::int64_t last = std::min(first + part, tokens);
      Element *own_out = out + (picture * tokens * heads + head) * value_width;
      const kernels::AttentionHead<Element> own{tokens_of<Element>(p.query, picture, head),
                                                tokens_of<Element>(p.key, picture, head),
                                                tokens_of<Element>(p.value, picture, head),
                                                {own_out, heads * value_width},
                                                tokens,
                                                width,
                                                value_width,
                                                scale,
                                                bias_data};
      if (int16)
        kernels::attend_int16(own, first, last, int16_scratch.data());
      else
        kernels::attend(own, first, last, scratch.data());
    }
  });
}

}  // namespace

void attention_into(const Projections &given, const at::Tensor &bias, const at::Tensor &out,
                    AttentionProducts products) {
  const Projections p{with_dense_tokens(given.query), with_dense_tokens(given.key),
                      with_dense_tokens(given.value)};
  const at::Tensor dense_bias = bias.defined() ? bias.contiguous() : bias;
  with_elements(out, [&](auto *data) { attend_all(p, dense_bias, products, data); });
}

at::Tensor attention(const Projections &p, const at::Tensor &bias) {
  if (!p.key.device().is_cpu()) return plain::attention(p, bias);
  const at::Tensor out =
      at::empty({p.key.size(0), p.key.size(2), p.key.size(1), p.value.size(3)}, p.key.options());
  attention_into(p, bias, out);
  return out.transpose(1, 2);
}

Projections pearl_projections(const Projections &p, double alpha) {
  if (!p.key.device().is_cpu()) return plain::pearl_projections(p, alpha);
  const std::int64_t pictures = p.key.size(0), heads = p.key.size(1), tokens = p.key.size(2),
                     width = p.key.size(3);
  const at::Tensor query = at::empty({pictures, heads, tokens, alpha == 0.0 ? width : 2 * width},
                                     p.key.options().dtype(at::kFloat)),
                   key = at::empty_like(query);
  at::parallel_for(0, pictures * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      const auto own = [&](const at::Tensor &x) {
        return x.narrow(0, index / heads, 1).narrow(1, index % heads, 1);
      };
      const Projections head =
          plain::pearl_projections({own(p.query), own(p.key), own(p.value)}, alpha);
      own(query).copy_(head.query);
      own(key).copy_(head.key);
    }
  });
  return {query, key, p.value.to(at::kFloat)};
}

Projections split_heads(const at::Tensor &projected, std::int64_t heads) {
  const std::int64_t batch = projected.size(0), tokens = projected.size(1),
                     width = projected.size(2) / 3;
  const auto parts =
      projected.view({batch, tokens, 3, heads, width / heads}).permute({2, 0, 3, 1, 4}).unbind(0);
  return {parts[0], parts[1], parts[2]};
}

at::Tensor Linear::operator()(const at::Tensor &x) const {
  return at::linear(x.to(weight.scalar_type()), weight, bias).to(x.scalar_type());
}

at::Tensor LayerNorm::operator()(const at::Tensor &x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, 1e-5);
}

Projections Block::project(const at::Tensor &x) const {
  return split_heads(in_proj(x), heads);
}

at::Tensor Block::merge(const at::Tensor &heads_output) const {
  return out_proj(heads_output.transpose(1, 2).flatten(2));
}

at::Tensor Block::mlp(const at::Tensor &x) const {
  const at::Tensor hidden = c_fc(x);
  const at::Tensor gate = activation == Activation::kGelu ? 0.5 * (1 + at::erf(hidden * M_SQRT1_2))
                                                          : at::sigmoid(1.702 * hidden);
  return c_proj(hidden * gate);
}

at::Tensor Block::forward(const at::Tensor &x, bool causal) const {
  const at::Tensor attended = x + merge(plain::attention(project(ln_1(x)), {}, causal));
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

Block block_at(const Checkpoint &checkpoint, const std::string &prefix, std::int64_t layer,
               std::int64_t heads, const Compute &compute) {
  const auto linear = [&](const std::string &weight, const std::string &bias) {
    return Linear{weight_tensor(checkpoint, weight, compute),
                  weight_tensor(checkpoint, bias, compute)};
  };
  const std::string name = block_name(prefix, layer);
  Block block;
  block.heads = heads;
  block.activation = checkpoint.activation.activation;
  block.ln_1 = layer_norm(checkpoint, name + "ln_1", compute);
  block.ln_2 = layer_norm(checkpoint, name + "ln_2", compute);
  block.in_proj = linear(name + "attn.in_proj_weight", name + "attn.in_proj_bias");
  block.out_proj = linear(name + "attn.out_proj.weight", name + "attn.out_proj.bias");
  block.c_fc = linear(name + "mlp.c_fc.weight", name + "mlp.c_fc.bias");
  block.c_proj = linear(name + "mlp.c_proj.weight", name + "mlp.c_proj.bias");
  return block;
}

Block take_block(Checkpoint &checkpoint, const std::string &prefix, std::int64_t layer,
                 std::int64_t heads, const Compute &compute) {
  return block_at(checkpoint.take(block_name(prefix, layer)), prefix, layer, heads, compute);
}

std::vector<Block> blocks(const Checkpoint &checkpoint, const std::string &prefix,
                          std::int64_t layers, std::int64_t heads, const Compute &compute) {
  std::vector<Block> result;
  for (std::int64_t layer = 0; layer < layers; ++layer)
    result.push_back(block_at(checkpoint, prefix, layer, heads, compute));
  return result;
}

}  // namespace naclip
