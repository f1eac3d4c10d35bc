// What operations.h names, in plain operations of libtorch: where there are no kernels.
#pragma once

#include <functional>
#include <vector>

#include "model/plain/decode.h"
#include "model/plain/refine.h"
#include "model/plain/windows.h"

namespace naclip::cuda::plain_forms {

inline void quick_gelu(at::Tensor &x) {
  x.mul_(at::sigmoid(1.702 * x));
}

inline void gelu(at::Tensor &x) {
  x.copy_(at::gelu(x));
}

inline at::Tensor add_and_normalise(at::Tensor &x, const at::Tensor &delta,
                                    const at::Tensor &weight, const at::Tensor &bias) {
  x.add_(delta);
  return at::layer_norm(x, {x.size(-1)}, weight, bias, 1e-5);
}

inline at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                                 std::int64_t height, std::int64_t width) {
  std::vector<at::Tensor> pictures;
  for (const at::Tensor &one : scores.split(static_cast<std::int64_t>(windows.size())))
    pictures.push_back(plain::stitch_windows(one, windows, height, width));
  return pictures.size() == 1 ? pictures.front() : at::cat(pictures);
}

inline std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                               int width,
                                                               const DecodeOptions &options) {
  std::vector<Segmentation> results;
  for (const at::Tensor &one : scores.split(1))
    results.push_back(plain::decode(one, height, width, options));
  return [results = std::move(results)]() mutable { return std::move(results); };
}

}  // namespace naclip::cuda::plain_forms
