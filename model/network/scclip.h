// SC-CLIP's last vision block. "Self-Calibrated CLIP for Training-Free Open-Vocabulary
// Segmentation", arXiv 2411.15869.
#pragma once

#include <ATen/ATen.h>

#include "model/network/transformer.h"
#include "model/plain/scclip.h"

namespace naclip {

/// Keeps what the last block will need of the residual stream after `block` blocks. x: [B, 1 + N, C];
/// block 0 is the first block's input.
void collect(const ScClipBlocks &blocks, std::int64_t block, const at::Tensor &x,
             ScClipStreams &streams);

/// As plain::calibrate(); on the CPU fused and picture by picture.
Calibration calibrate(const ScClipStreams &streams, std::int64_t rows, std::int64_t columns);

/// The last block with SC-CLIP's attention, run on its input and on the sum of earlier outcomes,
/// without residual and MLP. -> [B, 1 + N, C] of the type of streams.deep; the class token's row is
/// that of streams.deep.
at::Tensor self_calibrated_block(const Block &block, const ScClipBlocks &blocks,
                                 const ScClipStreams &streams, std::int64_t rows,
                                 std::int64_t columns);

}  // namespace naclip
