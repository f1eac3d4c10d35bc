#include "model/plain/refine.h"

#include <algorithm>

#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/score_map.h"
#include "model/plain/stretch.h"

namespace naclip::cuda {

namespace {

using HalfPack = kernel::Pack<kernel::Half>;

/// step(source, target), so many times, between `first`, which is never written, and two maps like
/// it; -> the last one.
template <class Step>
at::Tensor repeated(const at::Tensor &first, int steps, const Step &step) {
  at::Tensor source = first, target = at::empty_like(first), spare;
  for (int done = 0; done < steps; ++done) {
    step(source, target);
    if (done + 1 == steps) break;
    spare = done == 0 ? at::empty_like(first) : source;
    source = target;
    target = spare;
  }
  return target;
}

at::Tensor refine_float(const Kernels &kernels, const Kernels::Maps &maps,
                        const at::Tensor &picture, const at::Tensor &scores,
                        const at::Tensor &weights, int steps) {
  kernels.refine_weights(maps, picture.data_ptr<float>(), weights.data_ptr<float>(), nullptr);
  const auto channels = static_cast<int>(scores.size(1));
  return repeated(plain::stretched(scores, maps.height, maps.width).contiguous(), steps,
                  [&](const at::Tensor &source, const at::Tensor &target) {
                    kernels.refine_step(maps, source.data_ptr<float>(), weights.data_ptr<float>(),
                                        channels, target.data_ptr<float>());
                  });
}

at::Tensor refine_half(const Kernels &kernels, const Kernels::Maps &maps, const at::Tensor &picture,
                       const at::Tensor &scores, const at::Tensor &weights, int steps) {
  const auto half = [&](std::int64_t channels) {
    return at::empty({maps.pictures, maps.height, maps.width, channels},
                     scores.options().dtype(at::kHalf));
  };
  const auto packs_in = [](const at::Tensor &map) {
    return static_cast<HalfPack *>(map.data_ptr());
  };
  const at::Tensor half_weights = half(weights.size(1));
  kernels.refine_weights(maps, picture.data_ptr<float>(), weights.data_ptr<float>(),
                         static_cast<kernel::Half *>(half_weights.data_ptr()));
  const int packs = parts_of(static_cast<int>(scores.size(1)), HalfPack::kCount);
  const at::Tensor zeros = scores.mean({1, 2, 3});
  const at::Tensor first = half(packs * HalfPack::kCount);
  kernels.stretch_half(maps, score_map<float>(scores), zeros.data_ptr<float>(), packs,
                       packs_in(first));
  const at::Tensor last =
      repeated(first, steps, [&](const at::Tensor &source, const at::Tensor &target) {
        kernels.refine_step_half(maps, packs_in(source), packs_in(half_weights), packs,
                                 packs_in(target));
      });
  return last.permute({0, 3, 1, 2}).narrow(1, 0, scores.size(1));
}

}  // namespace

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations, at::ScalarType type) {
  if (steps <= 0 || dilations.empty()) return scores.contiguous();
  const Kernels *kernels = Kernels::of(scores.device());
  if (kernels == nullptr || dilations.size() > kernel::kMostDilations)
    return plain::refine(picture, scores, steps, dilations);
  Kernels::Maps maps{static_cast<int>(picture.size(0)),
                     static_cast<int>(picture.size(2)),
                     static_cast<int>(picture.size(3)),
                     {}};
  maps.dilations.count = static_cast<int>(dilations.size());
  std::copy(dilations.begin(), dilations.end(), maps.dilations.pixels);
  const at::Tensor weights =
      at::empty({maps.pictures, maps.dilations.count * kernel::kNeighboursOfDilation, maps.height,
                 maps.width},
                picture.options());
  const auto refine_as = type == at::kHalf ? refine_half : refine_float;
  return refine_as(*kernels, maps, picture.contiguous(), scores, weights, steps);
}

}  // namespace naclip::cuda
