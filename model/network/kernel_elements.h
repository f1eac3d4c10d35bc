// Tensors as the CPU kernels take them.
#pragma once

#include <ATen/ATen.h>

#include "model/kernels/lanes.h"

namespace naclip {

/// Calls `work(pointer)` with the elements of a tensor of float32 or bfloat16 on the CPU, as float
/// * or kernels::Bfloat16 *.
template <typename Work>
void with_elements(const at::Tensor &x, Work work) {
  if (x.scalar_type() == at::kBFloat16)
    work(static_cast<kernels::Bfloat16 *>(x.data_ptr()));
  else
    work(x.data_ptr<float>());
}

}  // namespace naclip
