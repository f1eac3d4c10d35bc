// Work that ends before the process does.
#pragma once

#include "model/process/interrupted.h"

namespace naclip {

/// True once exit() was called or main() returned.
[[gnu::visibility("default")]] bool process_exits() noexcept;

/// A stretch of code that loads or calls libtorch, OpenCV or OpenMP. While a process exits, these
/// libraries destroy their static objects under the threads that still use them, which crashes or
/// hangs. A handler of exit() therefore waits for all threads to leave their sections, and no
/// section begins any more. Long sections call throw_if_exiting() now and then. Where one does not
/// end within a second the process ends at once by _exit(), with the same status and with its
/// standard output flushed. exit() within a section, as a signal's handler may call it, waits for
/// the others only.
class [[gnu::visibility("default")]] ExitSection {
 public:
  /// Throws Interrupted where the process exits.
  ExitSection();
  ~ExitSection();
  ExitSection(const ExitSection &) = delete;
  ExitSection &operator=(const ExitSection &) = delete;

  /// Throws Interrupted where the process exits.
  static void throw_if_exiting();
};

}  // namespace naclip
