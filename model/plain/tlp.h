// Text-aware Laplacian propagation (TLP), PEARL's refinement: on a coarse grid, scores flow between
// neighbours of like colour and like words, away from where they are decided.
#pragma once

#include <ATen/ATen.h>

namespace naclip::plain {

/// The authors' grid for pictures of all sizes.
inline constexpr std::int64_t kTlpGrid = 80;

/// Pixels along a side of `size` pixels whose mean is one sample of the grid: size / grid rounded,
/// halves to even; 1 at least. Pixels that fill no block are dropped.
std::int64_t tlp_block(std::int64_t size, std::int64_t grid = kTlpGrid);

/// How a word weighs where two pixels' words are compared: the diagonal of softmax(T T^T / 0.5) plus
/// 10, over (its row's sum, 10 included, + 1e-6). words: [Q, D] normalised -> [Q] float32.
at::Tensor tlp_word_weights(const at::Tensor &words);

/// Refines `scores` on `picture`, each picture of a batch by itself. z and I are their means over
/// blocks, p the softmax of z over the words, s the words' weights.
///   trust      r = max(max p, 0.05)^2 (1 + sum s p^2)
///   neighbours weight w = min(1, exp(-5 u) (1 + sum s p p')), u the difference of I's grey over
///              (the mean difference of all such pairs, horizontal or vertical, + 1e-6)
/// The outcome F solves (diag r + L) F = r z after 25 steps of conjugate gradients from F = z, L
/// being the Laplacian of w: they do not converge, and more would be another method. So it is with
/// single precision: in double the same 25 steps are further on.
///
/// picture: [B, 3, H, W] float32 normalised; scores: [B, Q, h, w] float32, cosines, stretched
/// bilinearly to the picture's size first; words: as above -> [B, Q, H / block, W / block] float32:
/// its bilinear stretch to H x W is what the method gives.
at::Tensor tlp(const at::Tensor &picture, const at::Tensor &scores, const at::Tensor &words,
               std::int64_t grid = kTlpGrid);

}  // namespace naclip::plain
