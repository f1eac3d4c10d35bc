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

Projections pearl_projections(const Projections &p, double alpha) {
  constexpr int kSteps = 5;
  constexpr double kWeightFloor = 1e-6, kDiagonal = 1e-6;
  constexpr double kLeastNorm = 1e-30;  // without similarity at all there is no rotation either
  const at::Tensor q = p.query.to(at::kFloat), k = p.key.to(at::kFloat), v = p.value.to(at::kFloat);
  // A token counts by its query's length, the class token does not.
  at::Tensor weight = q.norm(2, -1, true);
  weight.narrow(2, 0, 1).zero_();
  weight = weight / (weight.sum(2, true) + kWeightFloor);
  const auto centred = [&](const at::Tensor &x) { return x - (weight * x).sum(2, true); };
  const at::Tensor centred_key = centred(k);
  const at::Tensor similarity = at::matmul(centred_key.transpose(-2, -1), centred(q));
  // The polar factor of `similarity`: M (M^T M)^(-1/2).
  const at::Tensor gram = at::matmul(similarity.transpose(-2, -1), similarity);
  const at::Tensor norm = gram.square().sum({-2, -1}, true).sqrt().clamp_min(kLeastNorm);
  const at::Tensor identity = at::eye(q.size(-1), q.options());
  at::Tensor y = gram / norm + kDiagonal * identity;
  at::Tensor z = identity.expand_as(y);
  for (int step = 0; step < kSteps; ++step) {
    const at::Tensor t = 1.5 * identity - 0.5 * at::matmul(z, y);
    y = at::matmul(y, t);
    z = at::matmul(t, z);
  }
  const at::Tensor turned = at::matmul(k, at::matmul(similarity, z) / norm.sqrt());
  if (alpha == 0.0) return {q, turned, v};
  // attention() divides by the root of the doubled width.
  return {at::cat({q, alpha * centred_key}, -1) * std::sqrt(2.0),
          at::cat({turned, centred_key}, -1), v};
}

at::Tensor neighbour_attention(Attention kind, const Projections &p, const at::Tensor &bias,
                               double pearl_alpha, const Attend &attend,
                               const PearlProjections &pearl) {
  switch (kind) {
    case Attention::kNaclip:
      return attend({p.key, p.key, p.value}, bias);
    case Attention::kNonly:
      return neighbours_only(p, bias);
    case Attention::kKk:
      return attend({p.key, p.key, p.value}, {});
    case Attention::kCsa:
      return attend({p.query, p.query, p.value}, {}) + attend({p.key, p.key, p.value}, {});
    case Attention::kPearl:
      return attend(pearl(p, pearl_alpha), {}).to(p.value.scalar_type());
    case Attention::kVanilla:
    case Attention::kScclip:  // more than an attention, see plain/scclip.h
      break;
  }
  return attend(p, {});
}

}  // namespace naclip::plain
