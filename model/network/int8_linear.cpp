#include "model/network/int8_linear.h"

#include <ATen/Parallel.h>

#include <numeric>

namespace naclip {

Int8Linear::Int8Linear(const Linear &linear) {
  if (!Matmul::available())
    throw Error(ErrorKind::kDevice, "precision=int8 needs oneDNN, which this build lacks");
  const at::Tensor weight = linear.weight.to(at::kFloat).contiguous();
  const std::int64_t outputs = weight.size(0);
  in_ = weight.size(1);
  bias_ = linear.bias.to(at::kFloat).contiguous();
  scales_ = at::empty({outputs}, at::kFloat);
  totals_ = at::empty({outputs}, at::kFloat);
  const at::Tensor bytes = at::empty(weight.sizes(), at::kChar);
  at::parallel_for(0, outputs, 16, [&](std::int64_t row, std::int64_t end) {
    for (; row < end; ++row) {
      std::int8_t *own = bytes.data_ptr<std::int8_t>() + row * in_;
      const float scale = kernels::quantise_weights(weight.data_ptr<float>() + row * in_, in_, own);
      scales_.data_ptr<float>()[row] = scale;
      totals_.data_ptr<float>()[row] =
          scale * static_cast<float>(std::accumulate(own, own + in_, std::int32_t{0}));
    }
  });
  products_ = Matmul(bytes, {}, at::kByte, at::kInt);
}

void Int8Linear::multiply(const std::uint8_t *x, std::int64_t rows, std::int32_t *sums) const {
  products_.multiply(x, rows, sums);
}

}  // namespace naclip
