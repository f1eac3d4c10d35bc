// All rules of a stream over time. Knows nothing of GStreamer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "elements/zones/rule_state.h"
#include "elements/zones/rules.h"

namespace naclip {

/// Follows rules from frame to frame. What it returns is in the rules' order. An object is for one
/// thread.
class RuleWatch {
 public:
  using Events = std::vector<RuleEvent>;

  /// Watches these from now on. Rules that were there before in all their parts go on; events of
  /// the others end.
  Events replace(std::span<const Rule> rules);

  /// A frame. `shares` by rule, none where it cannot be judged; no share at all for a frame without
  /// a mask that counts. `fresh_until` and times as RuleState::judge() says.
  Events see(const Moment &now, std::span<const std::optional<double>> shares,
             std::int64_t fresh_until);

  /// The stream has ended, or another one begins: all events end.
  Events close();

  const std::vector<RuleState> &states() const { return states_; }
  std::size_t active() const;

 private:
  std::vector<RuleState> states_;
};

}  // namespace naclip
