#include "model/plain/attention.h"

#include <torch/version.h>

#include <cmath>
#include <limits>

namespace naclip::plain {

at::Tensor attention(const Projections &p, const at::Tensor &bias, bool causal) {
#if TORCH_VERSION_MAJOR >= 2
  const c10::optional<at::Tensor> mask = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
  return at::scaled_dot_product_attention(p.query, p.key, p.value, mask, 0.0, causal);
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(p.query.size(-1)));
  at::Tensor weights = at::matmul(p.query * scale, p.key.transpose(-2, -1));
  if (bias.defined()) weights.add_(bias);
  if (causal) {
    const std::int64_t n = weights.size(-1);
    const at::Tensor future = at::ones({n, n}, weights.options().dtype(at::kBool)).triu(1);
    weights.masked_fill_(future, -std::numeric_limits<float>::infinity());
  }
  return at::matmul(weights.softmax(-1), p.value);
#endif
}

at::Tensor gaussian_bias(std::int64_t rows, std::int64_t columns, double standard_deviation) {
  // The Gaussian is separable: exp(-(dy^2 + dx^2) / 2s^2) is an outer product of two small
  // matrices.
  const auto along = [&](std::int64_t size) {
    const at::Tensor position = at::arange(size, at::kFloat);
    const at::Tensor distance = position.unsqueeze(1) - position.unsqueeze(0);
    return at::exp(-distance.square() / (2.0 * standard_deviation * standard_deviation));
  };
  const at::Tensor patches = at::einsum("ab,cd->acbd", {along(rows), along(columns)})
                                 .reshape({rows * columns, rows * columns});
  at::Tensor bias = at::zeros({1 + rows * columns, 1 + rows * columns}, at::kFloat);
  bias.slice(0, 1).slice(1, 1).copy_(patches);
  return bias;
}

namespace {

/// The same weights for all heads of a picture.
at::Tensor neighbours_only(const Projections &p, const at::Tensor &bias) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(p.query.size(-1)));
  // The mean over all pairs of tokens of a head is the product of the two means.
  const at::Tensor magnitude =
      (p.query.norm(2, -1).mean(-1) * p.key.norm(2, -1).mean(-1)).mean(-1) * scale;
  return at::matmul((magnitude.view({-1, 1, 1, 1}) * bias).softmax(-1), p.value);
}

}  // namespace

at::Tensor neighbour_attention(Attention kind, const Projections &p, const at::Tensor &bias,
                               const Attend &attend) {
  switch (kind) {
    case Attention::kNaclip:
      return attend({p.key, p.key, p.value}, bias);
    case Attention::kNonly:
      return neighbours_only(p, bias);
    case Attention::kKk:
      return attend({p.key, p.key, p.value}, {});
    case Attention::kCsa:
      return attend({p.query, p.query, p.value}, {}) + attend({p.key, p.key, p.value}, {});
    case Attention::kVanilla:
    case Attention::kScclip:  // more than an attention, see plain/scclip.h
      break;
  }
  return attend(p, {});
}

}  // namespace naclip::plain
