// How much of the processor goes into carrying masks.
#pragma once

#include <chrono>
#include <mutex>

namespace naclip {

/// Limits the time spent on carrying masks, so that the network keeps the rest. Shared by all
/// streams of a process whose network runs on the CPU: masks may be carried while the time spent on
/// it lately stays below a share of one thread's time. Its methods may be called from any thread.
class CarryBudget {
 public:
  using Duration = std::chrono::nanoseconds;

  /// `share`: seconds of the calling threads' time for each second. What is not spent is kept for a
  /// quarter of one.
  explicit CarryBudget(double share);

  /// The process's own: an eighth.
  static CarryBudget &shared();

  /// Whether something is left at `now`, a monotonic clock's time.
  bool has_some(Duration now);

  /// Takes the calling thread's processor time out; what is left may be less than nothing.
  void spend(Duration time);

 private:
  const double share_;
  std::mutex mutex_;  // guards the next two
  double left_;       // nanoseconds
  Duration last_{};
};

}  // namespace naclip
