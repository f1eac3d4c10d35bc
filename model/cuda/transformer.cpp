#include "model/cuda/kernels.h"
#include "model/cuda/operations.h"
#include "model/cuda/plain_forms.h"

namespace naclip::cuda {

namespace {

/// The kernels, where so many elements of a tensor are whole packs.
const Kernels *kernels_for(const at::Tensor &x, std::int64_t elements) {
  const bool whole = elements * x.element_size() % Kernels::kPackBytes == 0;
  return whole ? Kernels::of(x.device()) : nullptr;
}

int packs_of(const at::Tensor &x, std::int64_t elements) {
  return static_cast<int>(elements * x.element_size() / Kernels::kPackBytes);
}

}  // namespace

void quick_gelu(at::Tensor &x) {
  const Kernels *kernels = kernels_for(x, x.numel());
  if (kernels == nullptr) return plain_forms::quick_gelu(x);
  kernels->quick_gelu(x.scalar_type(), x.data_ptr(), packs_of(x, x.numel()));
}

void gelu(at::Tensor &x) {
  const Kernels *kernels = kernels_for(x, x.numel());
  if (kernels == nullptr) return plain_forms::gelu(x);
  kernels->gelu(x.scalar_type(), x.data_ptr(), packs_of(x, x.numel()));
}

at::Tensor add_and_normalise(at::Tensor &x, const at::Tensor &delta, const at::Tensor &weight,
                             const at::Tensor &bias) {
  const std::int64_t width = x.size(-1);
  const Kernels *kernels = kernels_for(x, width);
  if (kernels == nullptr) return plain_forms::add_and_normalise(x, delta, weight, bias);
  at::Tensor out = at::empty_like(x);
  kernels->add_and_normalise(x.scalar_type(), x.data_ptr(), delta.data_ptr(), weight.data_ptr(),
                             bias.data_ptr(), static_cast<int>(x.numel() / width),
                             packs_of(x, width), out.data_ptr());
  return out;
}

}  // namespace naclip::cuda
