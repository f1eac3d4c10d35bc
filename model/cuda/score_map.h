// A tensor of scores as the kernels read it.
#pragma once

#include <ATen/ATen.h>

#include "model/cuda/scores.cuh"

namespace naclip::cuda {

/// scores: [B, Q, h, w] of Score's type, any strides. Borrowed.
template <class Score>
kernel::ScoreMap<Score> score_map(const at::Tensor &scores) {
  return {static_cast<const Score *>(scores.data_ptr()),
          scores.stride(0),
          scores.stride(1),
          scores.stride(2),
          scores.stride(3),
          static_cast<int>(scores.size(1)),
          static_cast<int>(scores.size(2)),
          static_cast<int>(scores.size(3))};
}

}  // namespace naclip::cuda
