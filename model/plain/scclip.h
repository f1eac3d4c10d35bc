// What SC-CLIP finds out of earlier blocks for the last one: which patches are outliers, which are
// alike. "Self-Calibrated CLIP for Training-Free Open-Vocabulary Segmentation", arXiv 2411.15869.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace naclip {

/// Which blocks are read, counted from 1, and how much of the class token is added to patches.
struct ScClipBlocks {
  std::int64_t shallow;           ///< whose similarities spread the outcome
  std::int64_t middle;            ///< whose similarities the last block attends by
  std::int64_t sum_from, sum_to;  ///< whose sum takes the last block, too
  double class_share;
};

/// The authors' blocks for networks of 12 and 24 blocks; for others those of the nearer one, scaled.
/// depth: the network's blocks, at least 1. Block 0 is the input of the first.
ScClipBlocks scclip_blocks(std::int64_t depth);

/// Residual streams, without LayerNorm, class token first: [B, 1 + N, C].
struct ScClipStreams {
  at::Tensor shallow, middle;
  at::Tensor deep;  ///< the last block's input
  at::Tensor sum;   ///< float32
};

/// Those of a Calibration, and one to compute it in.
inline constexpr int kScClipMatrices = 3;

/// What both runs of the last block share.
struct Calibration {
  at::Tensor patches;  ///< [B, N, C] float32: the last block's input, repaired and averaged
  at::Tensor weights;  ///< [B, N, N] float32: what a patch reads of others, in every head
  at::Tensor spread;   ///< [B, N, N] float32: how the outcome is averaged
};

namespace plain {

/// Local outlier factors: a patch's distance to its 30th nearest other, times the mean inverse of
/// that distance over those 30. Distances are squared Euclidean. patches: [B, N, C] float32 -> [B, N].
at::Tensor outlier_factors(const at::Tensor &patches);

/// Factors above their 95 % quantile, interpolated between order statistics. [B, N] -> [B, N] bool.
at::Tensor outliers(const at::Tensor &factors);

/// Outliers become the mean of those of their 8 neighbours that are none; they stay where there are
/// none. patches: [B, rows * columns, C]; outliers: [B, rows * columns] bool.
at::Tensor repaired(const at::Tensor &patches, const at::Tensor &outliers, std::int64_t rows,
                    std::int64_t columns);

/// Cosine similarities of a picture's patches. [B, N, C] -> [B, N, N].
at::Tensor similarities(const at::Tensor &patches);

/// Similarities of 0.4 and more, each row divided by its sum. [B, N, N] -> [B, N, N].
at::Tensor averaging(const at::Tensor &similarities);

/// softmax(3 (similarity - mean of all)) over those that are not below the mean. A patch always
/// reads itself. [B, N, N] -> [B, N, N].
at::Tensor attending(const at::Tensor &similarities);

Calibration calibrate(const ScClipStreams &streams, std::int64_t rows, std::int64_t columns);

}  // namespace plain
}  // namespace naclip
