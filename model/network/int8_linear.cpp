#include "model/network/int8_linear.h"

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
  for (std::int64_t row = 0; row < outputs; ++row) {
    std::int8_t *own = bytes.data_ptr<std::int8_t>() + row * in_;
    const float scale = kernels::quantise_weights(weight.data_ptr<float>() + row * in_, in_, own);
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < in_; ++i) total += own[i];
    scales_.data_ptr<float>()[row] = scale;
    totals_.data_ptr<float>()[row] = scale * static_cast<float>(total);
  }
  products_ = Matmul(bytes, {}, at::kByte, at::kInt);
}

void Int8Linear::multiply(const std::uint8_t *x, std::int64_t rows, std::int32_t *sums) const {
  products_.multiply(x, rows, sums);
}

}  // namespace naclip
