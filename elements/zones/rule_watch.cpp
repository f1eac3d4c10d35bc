#include "elements/zones/rule_watch.h"

#include <algorithm>
#include <utility>

namespace naclip {
namespace {

void append(RuleWatch::Events &events, std::optional<RuleEvent> event) {
  if (event) events.push_back(*std::move(event));
}

}  // namespace

RuleWatch::Events RuleWatch::replace(std::span<const Rule> rules) {
  std::vector<RuleState> before = std::exchange(states_, {});
  for (const Rule &rule : rules) {
    const auto same = std::find_if(before.begin(), before.end(),
                                   [&](const RuleState &state) { return state.rule() == rule; });
    if (same != before.end()) {
      states_.push_back(std::move(*same));
      before.erase(same);
    } else {
      states_.emplace_back(rule);
    }
  }
  Events events;
  for (RuleState &state : before) append(events, state.close());
  return events;
}

RuleWatch::Events RuleWatch::see(const Moment &now, std::span<const std::optional<double>> shares,
                                 std::int64_t fresh_until) {
  Events events;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (i < shares.size() && shares[i])
      append(events, states_[i].judge(now, *shares[i], fresh_until));
    else
      states_[i].pause(now);
  }
  return events;
}

RuleWatch::Events RuleWatch::close() {
  Events events;
  for (RuleState &state : states_) append(events, state.close());
  return events;
}

std::size_t RuleWatch::active() const {
  return static_cast<std::size_t>(std::count_if(
      states_.begin(), states_.end(), [](const RuleState &state) { return state.active(); }));
}

}  // namespace naclip
