#include "model/kernels/lanes.h"

#include <algorithm>
#include <cstdlib>

namespace naclip::kernels {

namespace {

int register_bits() {
#if defined(__x86_64__)
  // The levels, not processors' names: GCC matches those by Intel's model numbers.
  if (__builtin_cpu_supports("x86-64-v4")) return 512;
  if (__builtin_cpu_supports("x86-64-v3")) return 256;
#endif
  return 128;
}

int allowed_bits() {
  const char *value = std::getenv("NACLIP_VECTOR_BITS");
  const int bits = value == nullptr ? 0 : std::atoi(value);
  return bits > 0 ? std::min(bits, register_bits()) : register_bits();
}

}  // namespace

int vector_bits() {
  static const int bits = allowed_bits();
  return bits;
}

}  // namespace naclip::kernels
