// Runs one kernel on a fixed input, to be counted by callgrind:
//
//   valgrind --tool=callgrind --instr-atstart=no instruction-kernels NAME
//
// Prints how many units it worked on. Without an argument prints the kernels' names. Status 77
// where counts would mean nothing.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "counted.h"

namespace {

constexpr int kSkipped = 77;

/// Why this program's counts cannot be compared with the table; null where they can.
const char *obstacle() {
  if (NACLIP_HAVE_CALLGRIND == 0) return "built without valgrind/callgrind.h";
#if defined(__x86_64__)
  // valgrind shows programs no AVX-512, so that these are the kernels it counts everywhere.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    return "this processor has no AVX2, which the table's counts are for";
  return nullptr;
#else
  return "the table's counts are for x86-64";
#endif
}

}  // namespace

int main(int argc, char **argv) {
  using namespace naclip::instructions;
  std::vector<Kernel> kernels;
#ifdef NACLIP_COUNTS_OVERLAY
  for (const Kernel &kernel : overlay_kernels()) kernels.push_back(kernel);
#endif
#ifdef NACLIP_COUNTS_MODEL
  for (const Kernel &kernel : model_kernels()) kernels.push_back(kernel);
#endif
  if (argc < 2) {
    for (const Kernel &kernel : kernels) std::puts(kernel.name);
    return EXIT_SUCCESS;
  }
  if (const char *reason = obstacle()) {
    std::puts(reason);
    return kSkipped;
  }
  for (const Kernel &kernel : kernels)
    if (std::strcmp(kernel.name, argv[1]) == 0) {
      std::printf("units %zu\n", kernel.run());
      return EXIT_SUCCESS;
    }
  std::fprintf(stderr, "there is no kernel %s\n", argv[1]);
  return EXIT_FAILURE;
}
