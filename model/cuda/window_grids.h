// Windows' scores as the kernels read them.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "model/cuda/score_map.h"
#include "model/cuda/windows.cuh"
#include "model/plain/windows.h"

namespace naclip::cuda {

namespace detail {

inline bool add(kernel::WindowStarts &starts, std::int64_t pixel) {
  if (starts.count == kernel::kMostWindowsAlongASide) return false;
  starts.pixels[starts.count++] = static_cast<int>(pixel);
  return true;
}

}  // namespace detail

/// scores: [pictures x windows, Q, rows, columns] float32, any strides; windows: as windows_of()
/// gives them. Borrowed. None where the windows are too many for the kernel.
inline std::optional<kernel::WindowGrids> window_grids(const at::Tensor &scores,
                                                       const std::vector<Window> &windows) {
  const Window &first = windows.front();
  kernel::WindowGrids grids{};
  for (const Window &window : windows) {
    if (window.top == first.top && !detail::add(grids.lefts, window.left)) return std::nullopt;
    if (window.left == first.left && !detail::add(grids.tops, window.top)) return std::nullopt;
  }
  grids.scores = score_map<float>(scores);
  grids.height = static_cast<int>(first.height);
  grids.width = static_cast<int>(first.width);
  return grids;
}

}  // namespace naclip::cuda
