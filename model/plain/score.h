// Patches and words -> scores. arXiv 2404.08181, section 3.1.
#pragma once

#include <ATen/ATen.h>

namespace naclip::plain {

/// The patches' directions: ClipVision's outcome without the class token, each of length 1.
/// features: [B, 1 + patches, D] -> [B, patches, D].
at::Tensor patch_directions(const at::Tensor &features);

/// Cosine similarities of patches and words. directions: [B, rows * columns, D] of length 1;
/// queries: [Q, D] of length 1 -> [B, Q, rows, columns] float32, channels last in memory.
at::Tensor patch_scores(const at::Tensor &directions, const at::Tensor &queries, std::int64_t rows,
                        std::int64_t columns);

}  // namespace naclip::plain
