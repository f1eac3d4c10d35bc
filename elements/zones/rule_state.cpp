#include "elements/zones/rule_state.h"

#include <glib.h>

#include <algorithm>
#include <memory>

namespace naclip {
namespace {

std::string new_id() {
  const std::unique_ptr<gchar, decltype(&g_free)> id(g_uuid_string_random(), g_free);
  return id.get();
}

}  // namespace

std::optional<RuleEvent> RuleState::judge(const Moment &now, double share,
                                          std::int64_t fresh_until) {
  advance(now);
  share_ = share;
  counts_ = true;
  fresh_until_ = fresh_until;
  return event_ ? judge_active() : judge_idle();
}

void RuleState::pause(const Moment &now) {
  advance(now);
  counts_ = false;
}

std::optional<RuleEvent> RuleState::close() {
  std::optional<RuleEvent> last;
  if (event_) last = told(RuleEvent::State::kEnd);
  *this = RuleState(std::move(rule_));
  return last;
}

/// Counts the time since the frame before.
void RuleState::advance(const Moment &now) {
  const std::int64_t time =
      counts_ ? std::max<std::int64_t>(0, std::min(now.time, fresh_until_) - now_.time) : 0;
  now_ = now;
  for (Lasting *one : {&holds_, &clear_})
    if (one->is_so) one->time += time;
  if (!event_ || time == 0) return;
  event_->weighed += *share_ * static_cast<double>(time);
  event_->counted += static_cast<double>(time);
}

bool RuleState::beyond(double share, double threshold) const {
  return rule_.below ? share < threshold : share > threshold;
}

std::optional<RuleEvent> RuleState::judge_idle() {
  holds_.set(beyond(*share_, rule_.threshold));
  if (!holds_.is_so || holds_.time < rule_.hold || now_.time < rest_until_) return std::nullopt;
  holds_.set(false);
  event_ = Event{new_id(), now_, now_, *share_};
  return told(RuleEvent::State::kBegin);
}

std::optional<RuleEvent> RuleState::judge_active() {
  if (beyond(*share_, event_->peak)) event_->peak = *share_;
  clear_.set(!beyond(*share_, rule_.clear));
  if (clear_.is_so && clear_.time >= rule_.clear_hold) {
    const RuleEvent last = told(RuleEvent::State::kEnd);
    event_.reset();
    clear_.set(false);
    rest_until_ = now_.time + rule_.cooldown;
    return last;
  }
  if (rule_.update_interval == 0 || now_.time - event_->told.time < rule_.update_interval)
    return std::nullopt;
  event_->told = now_;
  return told(RuleEvent::State::kUpdate);
}

RuleEvent RuleState::told(RuleEvent::State state) const {
  const double mean = event_->counted > 0 ? event_->weighed / event_->counted : *share_;
  return {state,
          rule_.name,
          rule_.label,
          rule_.zone.name,
          rule_.severity,
          event_->id,
          now_.pts,
          *share_,
          event_->peak,
          mean,
          now_.time - event_->begin.time};
}

}  // namespace naclip
