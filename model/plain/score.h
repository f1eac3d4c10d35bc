// Patches and words -> scores. arXiv 2404.08181, section 3.1.
#pragma once

#include <ATen/ATen.h>

namespace naclip::plain {

/// Cosine similarities of patches and words. features: [B, 1 + rows * columns, D] from ClipVision;
/// queries: [Q, D] normalised -> [B, Q, rows, columns] float32, channels last in memory.
at::Tensor patch_scores(const at::Tensor &features, const at::Tensor &queries, std::int64_t rows,
                        std::int64_t columns);

}  // namespace naclip::plain
