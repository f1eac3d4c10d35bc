// A rule from frame to frame, on series of shares made by hand. Times are in seconds.
#include "elements/zones/rule_state.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elements/zones/rule_watch.h"

namespace naclip::testing {
namespace {

constexpr double kSecond = 1e9;
constexpr std::int64_t kForever = INT64_MAX;

std::int64_t ns(double seconds) {
  return static_cast<std::int64_t>(seconds * kSecond);
}
Moment at(double seconds) {
  return {ns(seconds), static_cast<std::uint64_t>(ns(seconds + 100))};
}

Rule above(double threshold) {
  Rule rule;
  rule.name = "smoke at gate";
  rule.label = "smoke";
  rule.zone.name = "gate";
  rule.severity = "critical";
  rule.threshold = rule.clear = threshold;
  return rule;
}
Rule below(double threshold) {
  Rule rule = above(threshold);
  rule.below = true;
  return rule;
}

/// Follows a rule, and writes down what it tells: `begin`, `update`, `end` and the time.
class Series {
 public:
  explicit Series(const Rule &rule) : state_(rule) {}

  Series &judge(double time, double share, std::int64_t fresh_until = kForever) {
    note(time, state_.judge(at(time), share, fresh_until));
    return *this;
  }
  Series &pause(double time) {
    state_.pause(at(time));
    return *this;
  }
  /// A share on frames `step` apart, from `begin` until before `end`.
  Series &hold(double begin, double end, double share, double step = 0.5) {
    for (double time = begin; time < end; time += step) judge(time, share);
    return *this;
  }
  std::string told() const { return told_; }
  const std::vector<RuleEvent> &events() const { return events_; }
  RuleState &state() { return state_; }

 private:
  void note(double time, const std::optional<RuleEvent> &event) {
    if (!event) return;
    events_.push_back(*event);
    const char *names[] = {"begin", "update", "end"};
    if (!told_.empty()) told_ += ", ";
    told_ += names[static_cast<int>(event->state)];
    char text[32];
    g_snprintf(text, sizeof text, " %g", time);
    told_ += text;
  }

  RuleState state_;
  std::string told_;
  std::vector<RuleEvent> events_;
};

TEST(RuleState, BeginsAndEndsAtTheThreshold) {
  Series series(above(0.3));
  series.judge(0, 0).judge(1, 0.3).judge(2, 0.31).judge(3, 0.31).judge(4, 0.3).judge(5, 0.31);
  EXPECT_EQ(series.told(), "begin 2, end 4, begin 5");
  EXPECT_TRUE(series.state().active());
}

TEST(RuleState, BeginsOnceItHasHeldForSoLong) {
  Rule rule = above(0.3);
  rule.hold = ns(5);
  EXPECT_EQ(Series(rule).hold(10, 30, 0.4).told(), "begin 15");
  EXPECT_EQ(Series(rule).hold(10, 15, 0.4).told(), "");
  // One frame below begins anew.
  EXPECT_EQ(Series(rule).hold(10, 14, 0.4).judge(14, 0.3).hold(14.5, 30, 0.4).told(), "begin 19.5");
}

TEST(RuleState, EndsAtClearNotAtTheThreshold) {
  Rule rule = above(0.3);
  rule.clear = 0.2;
  Series series(rule);
  series.judge(0, 0.35).judge(1, 0.25).judge(2, 0.35).judge(3, 0.21).judge(4, 0.2).judge(5, 0.25);
  EXPECT_EQ(series.told(), "begin 0, end 4");
}

TEST(RuleState, EndsOnceItHasBeenClearForSoLong) {
  Rule rule = above(0.3);
  rule.clear_hold = ns(2);
  EXPECT_EQ(Series(rule).judge(0, 0.4).hold(1, 10, 0.1).told(), "begin 0, end 3");
  EXPECT_EQ(Series(rule).judge(0, 0.4).hold(1, 2.5, 0.1).judge(2.5, 0.4).hold(3, 10, 0.1).told(),
            "begin 0, end 5");
}

TEST(RuleState, RestsAfterAnEnd) {
  Rule rule = above(0.3);
  rule.cooldown = ns(10);
  EXPECT_EQ(Series(rule).judge(0, 0.4).judge(1, 0).hold(2, 20, 0.4).told(),
            "begin 0, end 1, begin 11");
  // What holds meanwhile counts.
  rule.hold = ns(3);
  EXPECT_EQ(Series(rule).hold(0, 4, 0.4).judge(4, 0).hold(5, 30, 0.4).told(),
            "begin 3, end 4, begin 14");
  EXPECT_EQ(Series(rule).hold(0, 4, 0.4).judge(4, 0).judge(13, 0).hold(14, 30, 0.4).told(),
            "begin 3, end 4, begin 17");
}

TEST(RuleState, MayBeBelow) {
  Rule rule = below(0.3);
  rule.clear = 0.5;
  Series series(rule);
  series.judge(0, 0.3).judge(1, 0.2).judge(2, 0.05).judge(3, 0.45).judge(4, 0.5).judge(5, 0.3);
  EXPECT_EQ(series.told(), "begin 1, end 4");
  EXPECT_EQ(series.events()[1].peak, 0.05);
  EXPECT_EQ(Series(below(1)).judge(0, 1).judge(1, 0.99).told(), "begin 1");
  EXPECT_EQ(Series(above(0)).judge(0, 0).judge(1, 0.01).judge(2, 0).told(), "begin 1, end 2");
}

TEST(RuleState, TellsUpdatesWithinAnEventAtItsInterval) {
  Rule rule = above(0.3);
  rule.update_interval = ns(2);
  EXPECT_EQ(Series(rule).hold(1, 6.5, 0.4, 0.75).judge(7, 0).told(),
            "begin 1, update 3.25, update 5.5, end 7");
}

TEST(RuleState, TellsPeakMeanAndDuration) {
  Rule rule = above(0.3);
  rule.update_interval = ns(3);
  Series series(rule);
  series.judge(-1, 0.1).judge(0, 0.5).judge(1, 0.9).judge(3, 0.4).judge(4, 0.3);
  ASSERT_EQ(series.told(), "begin 0, update 3, end 4");
  const RuleEvent &begin = series.events()[0], &update = series.events()[1],
                  &end = series.events()[2];
  EXPECT_EQ(begin.share, 0.5);
  EXPECT_EQ(begin.peak, 0.5);
  EXPECT_EQ(begin.mean, 0.5);
  EXPECT_EQ(begin.duration, 0);
  EXPECT_EQ(begin.pts, static_cast<std::uint64_t>(ns(100)));
  EXPECT_EQ(update.share, 0.4);
  EXPECT_EQ(update.peak, 0.9);
  EXPECT_DOUBLE_EQ(update.mean, (0.5 * 1 + 0.9 * 2) / 3);
  EXPECT_EQ(update.duration, ns(3));
  EXPECT_EQ(end.share, 0.3);
  EXPECT_EQ(end.peak, 0.9);
  EXPECT_DOUBLE_EQ(end.mean, (0.5 * 1 + 0.9 * 2 + 0.4 * 1) / 4);
  EXPECT_EQ(end.duration, ns(4));
  EXPECT_EQ(end.pts, static_cast<std::uint64_t>(ns(104)));
}

TEST(RuleState, AnEventSaysWhatItsRuleDoesAndHasAnIdOfItsOwn) {
  Series series(above(0.3));
  series.judge(0, 0.4).judge(1, 0).judge(2, 0.4).judge(3, 0);
  ASSERT_EQ(series.events().size(), 4U);
  for (const RuleEvent &event : series.events()) {
    EXPECT_EQ(event.rule, "smoke at gate");
    EXPECT_EQ(event.label, "smoke");
    EXPECT_EQ(event.zone, "gate");
    EXPECT_EQ(event.severity, "critical");
  }
  EXPECT_EQ(series.events()[0].id, series.events()[1].id);
  EXPECT_EQ(series.events()[2].id, series.events()[3].id);
  EXPECT_NE(series.events()[0].id, series.events()[2].id);
  EXPECT_FALSE(series.events()[0].id.empty());
}

TEST(RuleState, PausesWithoutAMask) {
  Rule rule = above(0.3);
  rule.hold = ns(5);
  rule.clear_hold = ns(2);
  rule.update_interval = 0;
  Series series(rule);
  // It holds for 2 s until the frame at 12, and from 30 on.
  series.hold(10, 12, 0.4);
  for (double time = 12; time < 30; time += 0.5) series.pause(time);
  series.hold(30, 40, 0.4);
  EXPECT_EQ(series.told(), "begin 33");
  // Nor does an event end meanwhile, and the time does not count into its mean.
  for (double time = 40; time < 60; time += 0.5) series.pause(time);
  series.judge(60, 0).pause(61).pause(70).judge(71, 0).judge(72, 0);
  EXPECT_EQ(series.told(), "begin 33, end 72");
  const RuleEvent &end = series.events().back();
  EXPECT_DOUBLE_EQ(end.mean, 0.4 * 7 / (7 + 1 + 1));
  EXPECT_EQ(end.duration, ns(39)) << "all of the time";
}

TEST(RuleState, DecidesOnNoFrameWithoutAMask) {
  Rule rule = above(0.3);
  rule.hold = ns(1);
  Series series(rule);
  series.judge(0, 0.4).pause(2).pause(3);
  EXPECT_FALSE(series.state().active());
  series.judge(4, 0.4);
  EXPECT_EQ(series.told(), "begin 4") << "it held from 0 to 2";
  EXPECT_EQ(Series(rule).judge(0, 0.4).pause(2).judge(4, 0.1).told(), "");
}

TEST(RuleState, AShareCountsNoLongerThanItsMaskIsFresh) {
  Rule rule = above(0.3);
  rule.hold = ns(5);
  Series series(rule);
  series.judge(0, 0.4, ns(2)).judge(100, 0.4, ns(102)).judge(200, 0.4, ns(200.5));
  EXPECT_EQ(series.told(), "") << "4 s";
  series.judge(201, 0.4, ns(203));
  EXPECT_EQ(series.told(), "") << "4.5 s";
  series.judge(201.5, 0.4, ns(203));
  EXPECT_EQ(series.told(), "begin 201.5");
  // A gap counts where masks stay fresh.
  EXPECT_EQ(Series(rule).judge(0, 0.4).judge(100, 0.4).told(), "begin 100");
}

TEST(RuleState, ClosingEndsTheEventAtTheLastFrame) {
  Rule rule = above(0.3);
  rule.cooldown = ns(100);
  Series series(rule);
  series.judge(0, 0.4).judge(2, 0.6).pause(3);
  const auto end = series.state().close();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->state, RuleEvent::State::kEnd);
  EXPECT_EQ(end->share, 0.6);
  EXPECT_EQ(end->duration, ns(3));
  EXPECT_EQ(end->pts, static_cast<std::uint64_t>(ns(103)));
  EXPECT_DOUBLE_EQ(end->mean, (0.4 * 2 + 0.6) / 3);
  EXPECT_FALSE(series.state().active());
  EXPECT_FALSE(series.state().close().has_value());
  series.judge(-50, 0.4);
  EXPECT_EQ(series.told(), "begin 0, begin -50") << "no cooldown, and another time";
}

std::string names_of(const RuleWatch::Events &events) {
  std::string names;
  for (const RuleEvent &event : events)
    names += event.rule + (event.state == RuleEvent::State::kBegin ? "+" : "-");
  return names;
}

Rule named(const std::string &name, double threshold = 0.3) {
  Rule rule = above(threshold);
  rule.name = name;
  return rule;
}

TEST(RuleWatch, RulesThatStayGoOnAndEventsOfTheOthersEnd) {
  RuleWatch watch;
  const std::vector<Rule> before{named("a"), named("b"), named("c")};
  EXPECT_EQ(names_of(watch.replace(before)), "");
  const std::vector<std::optional<double>> shares{0.4, 0.4, 0.4};
  const auto begun = watch.see(at(0), shares, kForever);
  EXPECT_EQ(names_of(begun), "a+b+c+");
  EXPECT_EQ(watch.active(), 3U);
  // b is gone, and c is another rule of that name.
  const std::vector<Rule> after{named("c", 0.2), named("d"), named("a")};
  EXPECT_EQ(names_of(watch.replace(after)), "b-c-");
  EXPECT_EQ(watch.active(), 1U);
  EXPECT_EQ(names_of(watch.see(at(1), shares, kForever)), "c+d+");
  const std::vector<std::optional<double>> none{0.0, 0.0, 0.0};
  const auto ended = watch.see(at(2), none, kForever);
  EXPECT_EQ(names_of(ended), "c-d-a-");
  EXPECT_EQ(ended[2].id, begun[0].id);
  EXPECT_EQ(ended[2].duration, ns(2));
}

TEST(RuleWatch, ARuleWithoutAShareOfItsOwnPauses) {
  RuleWatch watch;
  watch.replace(std::vector<Rule>{named("a"), named("b")});
  const std::vector<std::optional<double>> shares{std::nullopt, 0.4};
  EXPECT_EQ(names_of(watch.see(at(0), shares, kForever)), "b+");
  EXPECT_EQ(names_of(watch.see(at(1), {}, kForever)), "");
  EXPECT_EQ(watch.states()[0].share(), std::nullopt);
  EXPECT_EQ(watch.states()[1].share(), 0.4);
  EXPECT_EQ(names_of(watch.close()), "b-");
  EXPECT_EQ(names_of(watch.close()), "");
}

}  // namespace
}  // namespace naclip::testing
