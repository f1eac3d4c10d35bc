#include "model/cuda/biased_attention.h"

#include <torch/version.h>

#include <cmath>

namespace naclip::cuda {

at::Tensor biased_attention(const at::Tensor &key, const at::Tensor &value,
                            const at::Tensor &bias) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(key, key, value, bias);
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(key.size(-1)));
  return at::matmul(at::matmul(key * scale, key.transpose(-2, -1)).add_(bias).softmax(-1), value);
#endif
}

}  // namespace naclip::cuda
