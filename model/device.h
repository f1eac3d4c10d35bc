// Which device computes, and in which precision.
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "segmenter.h"

namespace naclip {

/// Where tensors live and how wide they are. On CUDA both types are the same. On the CPU bfloat16
/// is for linear layers alone: its attention and LayerNorm would be slower than float32's (oneDNN
/// has fast bfloat16 products only), so activations stay float32 there.
struct Compute {
  at::Device device{at::kCPU};
  at::ScalarType weights = at::kFloat;      ///< of linear and convolution layers
  at::ScalarType activations = at::kFloat;  ///< of everything between them
};

/// Resolves `device` (auto | cpu | cuda | cuda:N) and `precision`. kAuto is float16 on CUDA and
/// float32 on the CPU. Throws Error{kSettings} for an unknown name, {kDevice} for a device that is
/// not there or cannot compute in that precision.
Compute choose_compute(const std::string &device, Precision precision);

std::string precision_name(at::ScalarType type);

}  // namespace naclip
