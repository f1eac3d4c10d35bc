// The attention of NACLIP's last vision block: a patch pays attention to its neighbours.
// "Pay Attention to Your Neighbours", arXiv 2404.08181, sections 3.2 and 3.3. And PEARL's.
#pragma once

#include <ATen/ATen.h>

#include <functional>

#include "model/options.h"

namespace naclip {

/// Queries, keys, values: [B, heads, N, width / heads].
struct Projections {
  at::Tensor query, key, value;
};

namespace plain {

/// softmax(q k^T / sqrt(d) + bias) v -> [B, heads, N, d]. bias: [N, N] or undefined. `causal`: a
/// token attends only to those before it and itself. Values may have another width than d.
at::Tensor attention(const Projections &p, const at::Tensor &bias, bool causal = false);

/// The Gaussian that is added to the attention logits (section 3.2): entry (i, j) is
/// exp(-d^2 / (2 std^2)), d the distance of patches i and j on the grid, in patches; the class
/// token's row and column, the first, are 0. -> [1 + rows * columns, same] float32 on the CPU.
at::Tensor gaussian_bias(std::int64_t rows, std::int64_t columns, double standard_deviation);

/// PEARL's attention (PA), as queries and keys that attention() takes: each head's keys are turned
/// by R, about the rotation that takes keys to queries best, and `alpha` >= 0 times the similarity
/// of centred keys is added. So attention() of the outcome is softmax((q (k R)^T + alpha kc kc^T) /
/// sqrt(d)) v. Five steps of Newton and Schulz find R, which is not converged then; float32.
/// p: [B, heads, N, d], the class token first -> queries and keys [B, heads, N, 2 d], or d where
/// alpha is 0, and the values, all float32.
Projections pearl_projections(const Projections &p, double alpha);

/// An attention of queries, keys and values with a bias: the one above, or a fused one.
using Attend = std::function<at::Tensor(const Projections &, const at::Tensor &bias)>;

/// The function above, or a fused one.
using PearlProjections = std::function<Projections(const Projections &p, double alpha)>;

/// The last block's attention before heads are merged. p: [B, heads, N, d]; bias: [N, N] from
/// gaussian_bias(), in p's type and device (used by kNaclip and kNonly alone); pearl_alpha: of kPearl ->
/// [B, heads, N, d], in p's type.
///   kNaclip   softmax(k k^T / sqrt(d) + bias) v
///   kNonly    softmax(m bias) v, m the mean of |q||k| / sqrt(d) over a picture's heads and pairs of tokens
///   kKk       softmax(k k^T / sqrt(d)) v
///   kCsa      (softmax(q q^T / sqrt(d)) + softmax(k k^T / sqrt(d))) v
///   kVanilla  softmax(q k^T / sqrt(d)) v
///   kPearl    as pearl_projections() says
at::Tensor neighbour_attention(
    Attention kind, const Projections &p, const at::Tensor &bias, double pearl_alpha,
    const Attend &attend = [](const auto &p, const auto &bias) { return attention(p, bias); },
    const PearlProjections &pearl = &pearl_projections);

}  // namespace plain
}  // namespace naclip
