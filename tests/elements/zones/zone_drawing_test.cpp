// Zones and events on frames of every format.
#include "elements/zones/zone_drawing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "model/error.h"
#include "tests/elements/overlay/overlay_frames.h"

namespace naclip::testing {
namespace {

constexpr int kWidth = 161, kHeight = 91;
constexpr Colour kRed = 0xff0000;

/// A zone whose left edge is at x = 40.25 and whose upper one is at y = 45.5.
Zone lower_zone() {
  return {"gate", {{0.25, 0.5}, {0.75, 0.5}, {0.75, 0.9}, {0.25, 0.9}}};
}

Rule rule_on(const Zone &zone) {
  Rule rule;
  rule.label = "smoke";
  rule.zone = zone;
  return rule;
}

/// An opaque colour in a frame's components.
Sample sample_of(const TestFrame &frame, Colour colour) {
  const auto components =
      ColourConverter(frame.format(), ColourMatrix::kBt601, ColourRange::kLimited)
          .components(colour);
  return {static_cast<int>(components[0]), static_cast<int>(components[1]),
          static_cast<int>(components[2])};
}

int distance(const Sample &one, const Sample &other) {
  return std::max(
      {std::abs(one[0] - other[0]), std::abs(one[1] - other[1]), std::abs(one[2] - other[2])});
}

/// How near the pixels around an edge at the row `y` come to a colour.
int nearest(const TestFrame &frame, int x, int y, Colour colour) {
  int least = 255;
  for (int row = y - 3; row <= y + 3; ++row)
    least = std::min(least, distance(frame.at(x, row), sample_of(frame, colour)));
  return least;
}

class ZoneDrawings : public ::testing::TestWithParam<PixelFormat> {
 protected:
  void draw(TestFrame &frame, bool active, std::optional<double> share = 0.42) {
    const std::vector<Zone> zones{lower_zone()};
    const Rule rule = rule_on(zones[0]);
    const std::vector<ShownRule> rules{{&rule, active, share, kRed}};
    drawing.draw(frame.canvas(), zones, rules);
  }

  ZoneDrawing drawing;
};

TEST_P(ZoneDrawings, OutlinesAreWhiteAndOfTheClassColourWhileActive) {
  for (const bool active : {false, true, false}) {
    TestFrame frame(GetParam(), kWidth, kHeight);
    frame.fill(sample_of(frame, 0x204060));
    draw(frame, active);
    // On the lower edge, at y = 81.9, away from text.
    EXPECT_LT(nearest(frame, 100, 82, active ? kRed : 0xffffff), 60) << active;
    EXPECT_GT(nearest(frame, 100, 82, active ? 0xffffff : kRed), 60) << active;
    // And dark beside it.
    bool dark = false;
    for (int y = 77; y < 87; ++y) dark |= frame.at(100, y)[0] < sample_of(frame, 0x204060)[0] - 3;
    EXPECT_TRUE(dark) << active;
  }
}

TEST_P(ZoneDrawings, LeaveWhatIsOutsideAndWhatHoldsNoColour) {
  TestFrame before(GetParam(), kWidth, kHeight), frame(GetParam(), kWidth, kHeight);
  draw(frame, true);
  EXPECT_NE(frame.bytes, before.bytes);
  EXPECT_TRUE(frame.keeps_other_bytes(before));
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      // The zone and five pixels around it; chips lie inside it, from its corner.
      if (y > 40 && x > 34 && x < 127 && y < 88) continue;
      ASSERT_EQ(frame.at(x, y), before.at(x, y)) << x << ' ' << y;
    }
  // Its middle is free.
  EXPECT_EQ(frame.at(110, 72), before.at(110, 72));
}

TEST_P(ZoneDrawings, AreTheSameOnEveryFrame) {
  TestFrame first(GetParam(), kWidth, kHeight), second(GetParam(), kWidth, kHeight);
  draw(first, true);
  draw(second, true);
  EXPECT_EQ(first.bytes, second.bytes);
  TestFrame other(GetParam(), kWidth, kHeight);
  draw(other, true, 0.43);
  EXPECT_NE(first.bytes, other.bytes) << "the share is written anew";
  drawing.clear();
  TestFrame again(GetParam(), kWidth, kHeight);
  draw(again, true, 0.43);
  EXPECT_EQ(other.bytes, again.bytes);
}

INSTANTIATE_TEST_SUITE_P(Formats, ZoneDrawings, ::testing::ValuesIn(kAllFormats));

TEST(ZoneDrawing, FollowsTheFramesSizeAndFormat) {
  ZoneDrawing drawing;
  const std::vector<Zone> zones{lower_zone()};
  TestFrame large(PixelFormat::kI420, kWidth, kHeight);
  drawing.draw(large.canvas(), zones, {});
  TestFrame small(PixelFormat::kRgb, 40, 30);
  drawing.draw(small.canvas(), zones, {});
  ZoneDrawing fresh;
  TestFrame expected(PixelFormat::kRgb, 40, 30);
  fresh.draw(expected.canvas(), zones, {});
  EXPECT_EQ(small.bytes, expected.bytes);
  EXPECT_NE(small.bytes, TestFrame(PixelFormat::kRgb, 40, 30).bytes);
}

TEST(ZoneDrawing, ZonesThatAreGoneAreDrawnNoMore) {
  ZoneDrawing drawing;
  const std::vector<Zone> zones{lower_zone()};
  TestFrame first(PixelFormat::kRgb, kWidth, kHeight), second(PixelFormat::kRgb, kWidth, kHeight);
  const TestFrame before(PixelFormat::kRgb, kWidth, kHeight);
  drawing.draw(first.canvas(), zones, {});
  drawing.draw(second.canvas(), {}, {});
  EXPECT_EQ(second.bytes, before.bytes);
}

TEST(ZoneDrawing, SeveralRulesOfAZoneStandBelowOneAnother) {
  const Zone zone = lower_zone();
  const Rule one = rule_on(zone), two = rule_on(zone);
  const auto rows_of = [&](const std::vector<ShownRule> &rules) {
    ZoneDrawing drawing;
    TestFrame frame(PixelFormat::kRgb, 640, 360);
    const TestFrame before(PixelFormat::kRgb, 640, 360);
    drawing.draw(frame.canvas(), {}, rules);
    int rows = 0;
    // Through the chips, right of the zone's left edge and below its upper one.
    for (int y = 184; y < 300; ++y) rows += frame.at(170, y) != before.at(170, y);
    return rows;
  };
  const int single = rows_of({{&one, true, 0.5, kRed}});
  EXPECT_GT(single, 5);
  EXPECT_EQ(rows_of({{&one, true, 0.5, kRed}, {&two, false, 0.1, kRed}}), 2 * single);
}

TEST(ZoneDrawing, RefusesAFormatWithoutColour) {
  ZoneDrawing drawing;
  TestFrame frame(PixelFormat::kRgb, kWidth, kHeight);
  Canvas canvas = frame.canvas();
  canvas.format = PixelFormat::kGray8;
  const std::vector<Zone> zones{lower_zone()};
  EXPECT_THROW(drawing.draw(canvas, zones, {}), Error);
}

}  // namespace
}  // namespace naclip::testing
