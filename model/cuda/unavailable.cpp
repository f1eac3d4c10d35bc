// What stands in for model/cuda where the build has no CUDA part. Tensors on a GPU are then worked
// on by the plain forms alone.
#include "model/cuda/operations.h"
#include "model/cuda/runner.h"
#include "model/error.h"
#include "model/plain/refine.h"

namespace naclip::cuda {

std::unique_ptr<Runner> Runner::on(const at::Device &, Log) {
  return nullptr;
}

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations) {
  return plain::refine(picture, scores, steps, dilations);
}

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  return plain::decode(scores, height, width, options);
}

}  // namespace naclip::cuda
