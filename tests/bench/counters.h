// What work costs beside time: the processors' seconds and, where the machine counts them, instructions and cycles.
#pragma once

namespace naclip::bench {

/// Of all threads of the process that were started after this was made: it comes first in main().
class Counters {
 public:
  Counters();
  ~Counters();
  Counters(const Counters &) = delete;
  Counters &operator=(const Counters &) = delete;

  struct Work {
    double seconds = 0.0;  ///< processors' time
    double instructions = 0.0, cycles = 0.0;
  };
  /// What was done until now.
  Work now() const;

  /// False where the kernel gives no counts: in most virtual machines, or by perf_event_paranoid.
  bool counts() const { return instructions_ >= 0 && cycles_ >= 0; }

 private:
  int instructions_, cycles_;  // descriptors
};

}  // namespace naclip::bench
