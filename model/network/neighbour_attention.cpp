#include "model/network/neighbour_attention.h"

#include <cmath>

#include "model/cuda/biased_attention.h"

namespace naclip {

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

/// softmax(m bias) v: the same weights for all heads of a picture.
at::Tensor neighbours_only(const Projections &p, const at::Tensor &bias) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(p.query.size(-1)));
  // The mean over all pairs of tokens of a head is the product of the two means.
  const at::Tensor magnitude =
      (p.query.norm(2, -1).mean(-1) * p.key.norm(2, -1).mean(-1)).mean(-1) * scale;
  return at::matmul((magnitude.view({-1, 1, 1, 1}) * bias).softmax(-1), p.value);
}

}  // namespace

at::Tensor neighbour_attention(Attention kind, const Projections &p, const at::Tensor &bias) {
  switch (kind) {
    case Attention::kNaclip:
      if (p.key.is_cuda() && p.key.scalar_type() != at::kFloat)
        return cuda::biased_attention(p.key, p.value, bias);
      return attention({p.key, p.key, p.value}, bias);
    case Attention::kNonly:
      return neighbours_only(p, bias);
    case Attention::kKk:
      return attention({p.key, p.key, p.value}, {});
    case Attention::kCsa:
      return attention({p.query, p.query, p.value}, {}) + attention({p.key, p.key, p.value}, {});
    case Attention::kVanilla:
      break;
  }
  return attention(p, {});
}

}  // namespace naclip
