// Products of rows with fixed weights by oneDNN, on the CPU.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>

namespace naclip {

/// y = x W^T + b, or what follows it in the same pass. The weights are laid out once as oneDNN's kernels read them. Copies
/// share them.
class Matmul {
 public:
  /// What becomes of a product: it is the outcome, goes through an activation, or is added to what is there.
  enum class Then { kNothing, kQuickGelu, kGelu, kAdd };

  /// Numbers' types: float32 throughout; bfloat16 with an outcome of bfloat16 or float32; or uint8 for x, int8 for the
  /// weights and int32 for the outcome.
  struct Types {
    at::ScalarType x, weights, y;
  };

  /// True where this build has oneDNN.
  static bool available();

  /// True where oneDNN has, for this processor, a kernel that reads weights in a layout of its own: it is quicker than the
  /// BLAS then (docs/benchmarks.md), and with the kernels that oneDNN has for older processors it is not.
  static bool is_fast(const Types &types, std::int64_t in, std::int64_t out);

  Matmul() = default;  ///< of nothing

  /// weight: [out, in]; bias: [out] float32, not defined for none. Throws Error{kDevice} where this build has no oneDNN or
  /// the processor cannot do it.
  Matmul(const at::Tensor &weight, const at::Tensor &bias, at::ScalarType x, at::ScalarType y,
         Then then = Then::kNothing);

  explicit operator bool() const { return products_ != nullptr; }

  /// x: [rows, in] -> y: [rows, out], both dense. Not at once with that of a copy.
  void multiply(const void *x, std::int64_t rows, void *y) const;

 private:
  struct Products;

  std::shared_ptr<Products> products_;
};

}  // namespace naclip
