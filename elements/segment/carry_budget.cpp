#include "elements/segment/carry_budget.h"

#include <algorithm>

namespace naclip {

namespace {

constexpr std::chrono::duration<double, std::nano> kKept = std::chrono::milliseconds(250);
// Beside a network that fills all processors: its loops wait for the slowest of their threads, so
// that it loses more than what is taken.
constexpr double kShare = 0.125;

}  // namespace

CarryBudget::CarryBudget(double share) : share_(share), left_(share * kKept.count()) {}

CarryBudget &CarryBudget::shared() {
  static CarryBudget &budget = *new CarryBudget(kShare);
  return budget;
}

bool CarryBudget::has_some(Duration now) {
  const std::lock_guard lock(mutex_);
  const double passed = std::max<double>(0.0, static_cast<double>((now - last_).count()));
  last_ = std::max(last_, now);
  left_ = std::min(left_ + share_ * passed, share_ * kKept.count());
  return left_ > 0.0;
}

void CarryBudget::spend(Duration time) {
  const std::lock_guard lock(mutex_);
  left_ -= static_cast<double>(time.count());
}

}  // namespace naclip
