#include "model/kernels/lanes.h"

#include <cstdlib>
#include <initializer_list>

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
  const int most = value == nullptr ? 512 : std::atoi(value);
  for (const int bits : {512, 256})
    if (bits <= most && bits <= register_bits()) return bits;
  return 128;
}

}  // namespace

int vector_bits() {
  static const int bits = allowed_bits();
  return bits;
}

}  // namespace naclip::kernels
