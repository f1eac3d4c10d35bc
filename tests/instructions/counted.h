// Kernels whose instructions callgrind counts.
#pragma once

#include <cstddef>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define NACLIP_HAVE_CALLGRIND 1
#else
#define NACLIP_HAVE_CALLGRIND 0
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

namespace naclip::instructions {

/// Runs `work` twice: first to fill what it keeps from one time to the next, then to be counted.
template <typename Work>
void count(Work &&work) {
  work();
  CALLGRIND_START_INSTRUMENTATION;
  work();
  CALLGRIND_STOP_INSTRUMENTATION;
}

/// A kernel that can be run by name. A new one is a function, a row of a table like these and a row
/// in ceilings.txt.
struct Kernel {
  const char *name;
  /// Makes its input, the same every time, calls count() once, and tells how many units (pixels,
  /// pixels times words, ...) that went through.
  std::size_t (*run)();
};

std::vector<Kernel> overlay_kernels();
std::vector<Kernel> model_kernels();

}  // namespace naclip::instructions
