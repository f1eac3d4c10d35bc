#include "model/plain/windows.h"

#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/plain_forms.h"
#include "model/cuda/window_grids.h"

namespace naclip::cuda {

at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width) {
  const Kernels *kernels = Kernels::of(scores.device());
  const std::optional<kernel::WindowGrids> grids = window_grids(scores, windows);
  if (kernels == nullptr || !grids)
    return plain_forms::stitch_windows(scores, windows, height, width);
  const std::int64_t pictures = scores.size(0) / static_cast<std::int64_t>(windows.size());
  const at::Tensor result = at::empty({pictures, height, width, scores.size(1)}, scores.options());
  kernels->stitch(*grids, static_cast<int>(pictures), static_cast<int>(height),
                  static_cast<int>(width), result.data_ptr<float>());
  return result.permute({0, 3, 1, 2});
}

}  // namespace naclip::cuda
