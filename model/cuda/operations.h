// Preprocessing, refinement and decoding as fused kernels on a GPU. All work goes to the current
// stream; memory comes from libtorch's caching allocators, which take it from the device once for a
// shape.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "model/picture.h"
#include "model/plain/decode.h"

namespace naclip::cuda {

/// As naclip::preprocess(), on `device`. A picture in host memory is gathered in pinned memory and
/// copied without waiting; it may be freed as soon as this returns. One in the device's memory is
/// read where it lies, once its event, if any, has come, and has to stay until the stream was
/// waited for; where another CUDA context than libtorch's owns it, it is copied over on the device.
/// -> [1, 3, height, width] float32 on the device. Throws Error{kDevice} where the picture lies on
/// another device, or lies on a device and the kernels cannot be had.
at::Tensor preprocess(const Picture &picture, PictureSize size, const at::Device &device);

/// As plain::refine(); picture and scores on one device. Weights once, then one kernel a step
/// between two maps. -> [1, Q, H, W] float32 contiguous.
at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations);

/// As plain::decode(): one kernel; labels and each region's sums come back in one copy to pinned
/// memory, which is waited for.
Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options);

}  // namespace naclip::cuda
