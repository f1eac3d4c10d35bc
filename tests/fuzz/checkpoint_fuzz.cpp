// Feeds bytes to the readers that meet a checkpoint's bytes first: a pickle, a safetensors header.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "error.h"
#include "pickle.h"
#include "safetensors.h"

namespace {

/// Anything but naclip::Error is a defect, and so is a tensor outside the bytes.
template <typename Function>
void allow_refusal(Function function) {
  try {
    function();
  } catch (const naclip::Error &error) {
    if (error.kind() != naclip::ErrorKind::kFormat) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  allow_refusal([&] { naclip::pickle::read({data, size}); });
  allow_refusal([&] {
    for (const auto &entry : naclip::read_safetensors({data, size}, nullptr)) {
      const naclip::RawTensor &tensor = entry.second;
      const auto bytes = naclip::element_count(tensor.shape) * naclip::element_size(tensor.type);
      const std::uint8_t *start = tensor.storage().get();
      if (bytes < 0 || start < data || start + bytes > data + size) std::abort();
    }
  });
  return 0;
}
