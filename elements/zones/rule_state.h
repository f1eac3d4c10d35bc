// One rule over time: when its event begins and ends. Knows nothing of GStreamer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "elements/zones/rules.h"

namespace naclip {

/// A frame's time. `time` goes on where segments change; `pts` is what the frame says.
struct Moment {
  std::int64_t time = 0;  ///< ns
  std::uint64_t pts = 0;  ///< ns
};

/// What there is to tell of an event at one moment.
struct RuleEvent {
  enum class State { kBegin, kUpdate, kEnd };
  State state;
  std::string rule, label, zone, severity;
  std::string id;         ///< the same from begin to end, and no other event's anywhere
  std::uint64_t pts;      ///< ns
  double share;           ///< now
  double peak;            ///< the share farthest beyond the threshold since the begin
  double mean;            ///< over the time that counts since then
  std::int64_t duration;  ///< ns since then, all of it
};

/// Follows a rule from frame to frame. A share counts until the next frame, but no longer than its
/// mask is fresh; time that does not count neither brings an event nearer to its begin or end nor
/// changes its mean.
class RuleState {
 public:
  explicit RuleState(Rule rule) : rule_(std::move(rule)) {}

  /// A frame with a mask that is fresh until `fresh_until`. Times never go backwards.
  std::optional<RuleEvent> judge(const Moment &now, double share, std::int64_t fresh_until);
  /// A frame without a mask that counts: nothing is decided.
  void pause(const Moment &now);
  /// Ends the event, where there is one, at the last frame's time, and forgets all else.
  std::optional<RuleEvent> close();

  const Rule &rule() const { return rule_; }
  bool active() const { return event_.has_value(); }
  /// Of the last frame that was judged; none before the first one.
  std::optional<double> share() const { return share_; }

 private:
  struct Event {
    std::string id;
    Moment begin, told;
    double peak;
    double weighed = 0;  // share times ns
    double counted = 0;  // ns
  };
  /// How long something has been so.
  struct Lasting {
    bool is_so = false;
    std::int64_t time = 0;  // ns that count
    void set(bool now) {
      is_so = now;
      if (!now) time = 0;
    }
  };

  void advance(const Moment &now);
  bool beyond(double share, double threshold) const;
  std::optional<RuleEvent> judge_active();
  std::optional<RuleEvent> judge_idle();
  RuleEvent told(RuleEvent::State state) const;

  Rule rule_;
  Moment now_;
  std::optional<double> share_;
  bool counts_ = false;  // whether time since now_ does
  std::int64_t fresh_until_ = 0;
  std::int64_t rest_until_ = INT64_MIN;  // the cooldown
  Lasting holds_, clear_;
  std::optional<Event> event_;
};

}  // namespace naclip
