// How much of the processor goes into carrying masks.
#pragma once

#include <chrono>
#include <mutex>

namespace naclip {

/// Shared by all streams of a process whose network runs on the CPU: masks may be carried while the time that was spent
/// on it lately stays below a part of the processor's, so that the network keeps the rest. Its methods may be called
/// from any thread.
class CarryBudget {
 public:
  using Duration = std::chrono::nanoseconds;

  /// `share` of the time of `cores` processors, 0 to 1. What is not spent is kept for a quarter of a second.
  CarryBudget(int cores, double share);

  /// The process's own: a quarter of its processors' time.
  static CarryBudget &shared();

  /// Whether something is left at `now`, a monotonic clock's time.
  bool has_some(Duration now);

  /// Takes a thread's processor time out; what is left may be less than nothing.
  void spend(Duration time);

 private:
  const double rate_;  // seconds of processors' time for each second
  std::mutex mutex_;   // guards the next two
  double left_;        // nanoseconds
  Duration last_{};
};

}  // namespace naclip
