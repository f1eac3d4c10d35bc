// Which of its kernels OpenBLAS takes.
#pragma once

namespace naclip {

/// A processor of x86-64, as CPUID has it.
struct Processor {
  enum class Vendor { kIntel, kAmd, kOther };
  Vendor vendor = Vendor::kOther;
  unsigned family = 0, model = 0;  ///< with their extensions
  bool avx2 = false;               ///< with FMA
  bool avx512 = false;             ///< F, CD, BW, DQ and VL
};

/// OpenBLAS's name of the kernels for a processor that OpenBLAS 0.3.21 (Debian 12) does not know, and
/// for which it would take those of SSE3; null where the choice is its own.
[[gnu::visibility("default")]] const char *openblas_core(const Processor &processor) noexcept;

/// Runs this program anew, with `argv`, where OPENBLAS_CORETYPE was set too late. This library sets
/// it while it is loaded, which is in time for a plugin. In a program that is linked with libnaclip
/// OpenBLAS is started first, so that main() begins with this.
[[gnu::visibility("default")]] void restart_for_openblas(char **argv) noexcept;

}  // namespace naclip
