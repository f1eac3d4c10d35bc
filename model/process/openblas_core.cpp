// OpenBLAS knows processors by their model numbers. One that is newer than the library computes with
// the kernels of the oldest: on an Emerald Rapids, Debian 12's multiplies matrices a quarter as fast
// as it could. It reads OPENBLAS_CORETYPE once, when it is loaded.
#include "model/process/openblas_core.h"

#include <unistd.h>

#include <cstdlib>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace naclip {

namespace {

constexpr const char *kVariable = "OPENBLAS_CORETYPE";

// The newest that OpenBLAS 0.3.21 knows. Of Intel's it knows some that are greater, for which it
// takes the same kernels as are named here.
constexpr unsigned kIntelFamily = 6, kIntelModel = 0x8f;  // Sapphire Rapids
constexpr unsigned kAmdFamily = 0x19;                     // Zen 3 and Zen 4

#if defined(__x86_64__)
Processor this_processor() {
  Processor processor;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  __get_cpuid(0, &eax, &ebx, &ecx, &edx);
  if (ebx == signature_INTEL_ebx) processor.vendor = Processor::Vendor::kIntel;
  if (ebx == signature_AMD_ebx) processor.vendor = Processor::Vendor::kAmd;
  __get_cpuid(1, &eax, &ebx, &ecx, &edx);
  const unsigned family = eax >> 8 & 0xf;
  processor.family = family == 0xf ? family + (eax >> 20 & 0xff) : family;
  processor.model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
  // These checks include that the system saves the wide registers.
  __builtin_cpu_init();
  processor.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  processor.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl");
  return processor;
}
#else
Processor this_processor() {
  return {};
}
#endif

bool was_set = false;  // by this library, in this process

__attribute__((constructor)) void choose_openblas_core() {
  const char *core = openblas_core(this_processor());
  if (core == nullptr || std::getenv(kVariable) != nullptr) return;
  setenv(kVariable, core, 0);
  was_set = true;
}

}  // namespace

const char *openblas_core(const Processor &processor) noexcept {
  using Vendor = Processor::Vendor;
  const bool newer = (processor.vendor == Vendor::kIntel &&
                      (processor.family > kIntelFamily ||
                       (processor.family == kIntelFamily && processor.model > kIntelModel))) ||
                     (processor.vendor == Vendor::kAmd && processor.family > kAmdFamily);
  if (!newer) return nullptr;
  if (processor.avx512) return "SkylakeX";
  return processor.avx2 ? "Haswell" : nullptr;
}

void restart_for_openblas(char **argv) noexcept {
  if (was_set) execv("/proc/self/exe", argv);  // where that fails, the program is slow
}

}  // namespace naclip
