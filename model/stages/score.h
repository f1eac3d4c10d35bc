// Pictures -> scores of words: windows, the vision tower, cosine similarities, windows put
// together.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/network/clip_vision.h"
#include "model/options.h"
#include "model/stages/windows.h"

namespace naclip {

/// What the vision tower makes of a batch's windows.
struct WindowFeatures {
  std::int64_t height = 0, width = 0;  // of the pictures
  std::int64_t rows = 0, columns = 0;  // of patches in a window
  std::vector<Window> windows;         // of one picture
  at::Tensor features;                 // [B * windows, 1 + rows * columns, D]
};

/// input: [B, 3, H, W]
WindowFeatures encode_windows(ClipVision &vision, const at::Tensor &input,
                              const InferenceOptions &options);

/// Picture `index` of the batch against `queries`, [Q, D] -> [1, Q, h, w]: the patches' grid where
/// one window covers the picture, else the windows stitched at the input's size.
at::Tensor score(const WindowFeatures &batch, std::int64_t index, const at::Tensor &queries);

/// Bytes that score() takes for a picture of such a size on the CPU, its result included.
std::int64_t score_bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                         std::int64_t patch, const InferenceOptions &options);

}  // namespace naclip
