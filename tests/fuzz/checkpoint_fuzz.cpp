// Feeds bytes to the readers that meet a checkpoint's bytes first: a pickle, a safetensors header.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "model/checkpoint/pickle.h"
#include "model/checkpoint/safetensors.h"
#include "model/error.h"
#include "tests/model/checkpoint/memory_bytes.h"

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
    const auto file = std::make_shared<const naclip::test::MemoryBytes>(
        std::string(reinterpret_cast<const char *>(data), size));
    // Reading beyond the bytes throws something else.
    for (const auto &entry : naclip::read_safetensors(file)) entry.second.storage();
  });
  return 0;
}
