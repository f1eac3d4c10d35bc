// Pictures -> scores of words: windows, the vision tower, cosine similarities, windows put
// together.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/network/clip_vision.h"
#include "model/options.h"
#include "model/stages/windows.h"

namespace naclip {

/// How pictures of one size are cut up.
struct WindowPlan {
  std::int64_t height, width;   ///< of a picture, pixels
  std::vector<Window> windows;  ///< of one picture
  std::int64_t rows, columns;   ///< of patches in a window

  WindowPlan(std::int64_t height, std::int64_t width, std::int64_t patch,
             const InferenceOptions &options);
};

/// Pictures, [B, 3, height, width] -> their patches' directions, [B * windows, rows * columns, D].
at::Tensor encode_windows(ClipVision &vision, const at::Tensor &pictures, const WindowPlan &plan);

/// Pictures `first` to `first + count - 1` of those against `queries`, [Q, D] -> [count, Q, h, w]:
/// the patches' grid where one window covers a picture, else the windows stitched at the input's
/// size.
at::Tensor score(const at::Tensor &directions, const WindowPlan &plan, std::int64_t first,
                 std::int64_t count, const at::Tensor &queries);

/// Pairs of patches of one window, in all windows that encode_windows() has in work at once.
std::int64_t pairs_at_once(std::int64_t height, std::int64_t width, std::int64_t patch,
                           const InferenceOptions &options);

/// Bytes that score() takes for a picture of such a size on the CPU, its result included.
std::int64_t score_bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                         std::int64_t patch, const InferenceOptions &options);

}  // namespace naclip
