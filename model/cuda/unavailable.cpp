// What stands in for model/cuda where the build has no CUDA part. Tensors on a GPU are then worked
// on by the plain forms alone.
#include "model/cuda/operations.h"
#include "model/cuda/plain_forms.h"
#include "model/cuda/runner.h"
#include "model/error.h"

namespace naclip::cuda {

std::unique_ptr<Runner> Runner::on(const at::Device &, Log) {
  return nullptr;
}

std::vector<std::uint8_t> shrink(const Picture &, int, const at::Device &) {
  throw Error(ErrorKind::kDevice, "This build has no CUDA part");
}

void quick_gelu(at::Tensor &x) {
  plain_forms::quick_gelu(x);
}

void gelu(at::Tensor &x) {
  plain_forms::gelu(x);
}

at::Tensor add_and_normalise(at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight,
                             const at::Tensor &bias) {
  return plain_forms::add_and_normalise(x, delta, weight, bias);
}

at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width) {
  return plain_forms::stitch_windows(scores, windows, height, width);
}

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations, at::ScalarType) {
  return plain::refine(picture, scores, steps, dilations);
}

std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                        int width, const DecodeOptions &options) {
  return plain_forms::begin_decode(scores, height, width, options);
}

void wait(const at::Device &) {}

}  // namespace naclip::cuda
