// A linear layer whose products are of 8 bits, by oneDNN, on the CPU.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "model/kernels/quantise.h"
#include "model/network/matmul.h"
#include "model/network/transformer.h"

namespace naclip {

/// y = x W^T + b with rows of x as bytes, see kernels/quantise.h, and W as signed bytes with one
/// scale an output channel. Copies share the weights.
class Int8Linear {
 public:
  /// linear: float32, on the CPU. Throws Error{kDevice} where this build has no oneDNN.
  explicit Int8Linear(const Linear &linear);

  /// x: [rows, in()] -> sums: [rows, out()]; their meaning: columns(). Not at once with that of a
  /// copy.
  void multiply(const std::uint8_t *x, std::int64_t rows, std::int32_t *sums) const;

  kernels::Columns columns() const {
    return {scales_.data_ptr<float>(), totals_.data_ptr<float>(), bias_.data_ptr<float>(), out()};
  }
  std::int64_t in() const { return in_; }
  std::int64_t out() const { return scales_.size(0); }

 private:
  std::int64_t in_;
  at::Tensor scales_, totals_, bias_;  // [out] float32
  Matmul products_;
};

}  // namespace naclip
