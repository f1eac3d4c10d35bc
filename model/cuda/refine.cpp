#include "model/plain/refine.h"

#include <algorithm>

#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"

namespace naclip::cuda {

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations) {
  if (steps <= 0 || dilations.empty()) return scores.contiguous();
  const Kernels *kernels = Kernels::of(scores.device());
  if (kernels == nullptr || dilations.size() > kernel::kMostDilations)
    return plain::refine(picture, scores, steps, dilations);
  const auto queries = static_cast<int>(scores.size(1)), height = static_cast<int>(scores.size(2)),
             width = static_cast<int>(scores.size(3));
  kernel::Dilations argument{};
  argument.count = static_cast<int>(dilations.size());
  std::copy(dilations.begin(), dilations.end(), argument.pixels);

  const at::Tensor planes = picture.contiguous();
  const at::Tensor weights =
      at::empty({argument.count * kernel::kNeighboursOfDilation, height, width}, scores.options());
  kernels->refine_weights(planes.data_ptr<float>(), height, width, argument,
                          weights.data_ptr<float>());
  // The caller's scores are the first step's source and never written.
  at::Tensor source = scores.contiguous();
  at::Tensor target = at::empty_like(source), spare;
  for (int step = 0; step < steps; ++step) {
    kernels->refine_step(source.data_ptr<float>(), weights.data_ptr<float>(), height, width,
                         argument, queries, target.data_ptr<float>());
    if (step + 1 == steps) break;
    spare = step == 0 ? at::empty_like(source) : source;
    source = target;
    target = spare;
  }
  return target;
}

}  // namespace naclip::cuda
