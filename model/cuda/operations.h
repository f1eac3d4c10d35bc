// Fused kernels on a GPU for what lies around the network's matrix products. All work goes to the
// current stream; memory comes from libtorch's caching allocators, which take it from the device
// once for a shape. Where the kernels cannot be had, and in a build without CUDA, the plain forms
// compute the same.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "model/picture.h"
#include "model/plain/decode.h"
#include "model/plain/windows.h"

namespace naclip::cuda {

/// As naclip::preprocess(), on `device`. A picture in host memory is gathered in pinned memory and
/// copied without waiting; it may be freed as soon as this returns. One in the device's memory is
/// read where it lies, once its event, if any, has come, and has to stay until the stream was
/// waited for; where another CUDA context than libtorch's owns it, it is copied over on the device.
/// -> [1, 3, height, width] float32 on the device. Throws Error{kDevice} where the picture lies on
/// another device, or lies on a device and the kernels cannot be had.
at::Tensor preprocess(const Picture &picture, PictureSize size, const at::Device &device);

/// As Segmenter::shrink(): a picture in the memory of `device`. The outcome is waited for.
std::vector<std::uint8_t> shrink(const Picture &picture, int factor, const at::Device &device);

/// CLIP's QuickGELU, x sigmoid(1.702 x), in place. x: float32, bfloat16 or float16, dense.
void quick_gelu(at::Tensor &x);

/// The exact GELU, x Phi(x), in place. x: as for quick_gelu().
void gelu(at::Tensor &x);

/// x += delta, in place, -> LayerNorm (epsilon 1e-5) of what x is then. x, delta: [B, N, C], dense;
/// weight, bias: [C]; all of one type, as for quick_gelu().
at::Tensor add_and_normalise(at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight,
                             const at::Tensor &bias);

/// As plain::stitch_windows(), for several pictures. scores: [pictures x windows, Q, rows, columns]
/// float32 -> [pictures, Q, height, width] float32, channels last in memory.
at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width);

/// As plain::refine(), for several pictures: weights once, then one kernel a step between two maps.
/// picture: [B, 3, H, W] float32; scores: [B, Q, h, w] float32, stretched to H x W -> [B, Q, H, W].
/// type: kFloat, or kHalf for maps and weights of 16 bits, which are computed with in float32. In
/// kHalf the outcome lies channels last in memory, and each picture's mean score was taken from all
/// its scores, so that what tells words apart is not rounded away: neither refinement nor a softmax
/// over the words sees it.
at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations, at::ScalarType type);

/// As plain::decode(), for several pictures, without waiting: one kernel; labels and each region's
/// sums come back in one copy to pinned memory. scores: [B, Q, h, w] float32 or float16. What is
/// returned gives the pictures' outcomes once wait() has returned.
std::function<std::vector<Segmentation>()> begin_decode(const at::Tensor &scores, int height,
                                                        int width, const DecodeOptions &options);

/// Waits until all that was given to the device's current stream is done; nothing where it is no
/// GPU. Throws Error{kInference | kMemory}.
void wait(const at::Device &device);

}  // namespace naclip::cuda
