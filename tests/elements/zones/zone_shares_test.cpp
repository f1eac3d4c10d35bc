// Zones' shares against a plain count of cells.
#include "elements/zones/zone_shares.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/elements/frames.h"

namespace naclip::testing {
namespace {

/// Whether a point is in a polygon, by the sum of turns around it being odd: another way than the
/// one under test.
bool is_inside(const std::vector<ZonePoint> &points, double x, double y) {
  bool inside = false;
  for (std::size_t i = 0, j = points.size() - 1; i < points.size(); j = i++) {
    const ZonePoint &a = points[i], &b = points[j];
    if ((a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

Rule rule_of(const std::string &label, std::vector<ZonePoint> points) {
  Rule rule;
  rule.label = label;
  rule.zone.points = std::move(points);
  return rule;
}

const std::vector<ZonePoint> kWhole{{0, 0}, {1, 0}, {1, 1}, {0, 1}};
const std::vector<ZonePoint> kLeftHalf{{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}};

struct Scene {
  int width, height;  // of the mask
  std::vector<std::uint16_t> ids;
  MaskRectangle rectangle;
  int frame_width, frame_height;

  std::optional<double> plain_share(const Rule &rule, std::size_t region) const {
    std::size_t cells = 0, found = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const double px = rectangle.x + (x + 0.5) * rectangle.width / width;
        const double py = rectangle.y + (y + 0.5) * rectangle.height / height;
        if (!is_inside(rule.zone.points, px / frame_width, py / frame_height)) continue;
        ++cells;
        const std::size_t id = ids[static_cast<std::size_t>(y * width + x)];
        found += (id < 3 ? id : 0) == region;
      }
    if (cells == 0) return std::nullopt;
    return static_cast<double>(found) / static_cast<double>(cells);
  }

  FrameMask mask(bool wide, int padding) const {
    const std::vector<std::uint8_t> bytes(ids.begin(), ids.end());
    const Ptr<GstBuffer> buffer =
        wide ? make_mask(width, height, ids, padding) : make_mask(width, height, bytes, padding);
    FrameMask result(buffer.get(), rectangle);
    result.regions = {{"background"}, {"smoke"}, {"fire"}};
    return result;
  }
};

/// Ids 0 to 4, of which 3 and 4 have no region; odd coordinates, so that no centre is on an edge.
Scene random_scene(std::mt19937 &random) {
  const auto number = [&](int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  Scene scene{number(1, 90), number(1, 60), {}, {}, number(2, 400), number(2, 300)};
  scene.rectangle = {number(-50, 50), number(-50, 50), number(1, 400), number(1, 300)};
  if (number(0, 1) == 0) scene.rectangle = {0, 0, scene.frame_width, scene.frame_height};
  for (int i = 0; i < scene.width * scene.height; ++i)
    scene.ids.push_back(static_cast<std::uint16_t>(number(0, 4)));
  return scene;
}

TEST(ZoneShares, AreThoseOfAPlainCountOfCells) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> place(0, 1);
  ZoneShares shares;
  int compared = 0, left_out = 0;
  for (int round = 0; round < 200; ++round) {
    const Scene scene = random_scene(random);
    std::vector<Rule> rules;
    for (const char *label : {"smoke", "fire", "background", "smoke", "smoke"}) {
      std::vector<ZonePoint> points;
      const int corners = std::uniform_int_distribution<int>(3, 9)(random);
      for (int i = 0; i < corners; ++i) points.push_back({place(random), place(random)});
      rules.push_back(rule_of(label, points));
    }
    shares.clear();
    const FrameMask mask = scene.mask(round % 2 == 0, round % 3);
    const auto counted = shares.count(rules, mask, scene.frame_width, scene.frame_height);
    ASSERT_EQ(counted.size(), rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const auto expected = scene.plain_share(rules[i], rules[i].label == "smoke"  ? 1
                                                        : rules[i].label == "fire" ? 2
                                                                                   : 0);
      if (!expected) {
        ++left_out;  // smaller than a cell, or beside the mask
        continue;
      }
      ASSERT_TRUE(counted[i].has_value()) << round;
      EXPECT_DOUBLE_EQ(*counted[i], *expected) << round;
      ++compared;
    }
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(left_out, 10);
}

TEST(ZoneShares, AZoneThatTheMaskCoversInPartCountsThatPart) {
  // The mask covers the right half of a frame of 8 x 4.
  Scene scene{4, 1, {1, 1, 0, 0}, {4, 0, 4, 4}, 8, 4};
  const FrameMask mask = scene.mask(false, 0);
  ZoneShares shares;
  const std::vector<Rule> rules{rule_of("smoke", kWhole), rule_of("smoke", kLeftHalf),
                                rule_of("smoke", {{0.25, 0}, {0.75, 0}, {0.75, 1}, {0.25, 1}})};
  const auto counted = shares.count(rules, mask, 8, 4);
  EXPECT_EQ(counted[0], 0.5);
  EXPECT_EQ(counted[1], std::nullopt) << "nothing is known of it";
  EXPECT_EQ(counted[2], 1.0);
}

TEST(ZoneShares, AZoneWithinOneCellIsThatCell) {
  const Scene scene{2, 2, {0, 0, 0, 1}, {0, 0, 100, 100}, 100, 100};
  const FrameMask mask = scene.mask(false, 0);
  ZoneShares shares;
  const std::vector<Rule> rules{rule_of("smoke", {{0.9, 0.9}, {0.95, 0.9}, {0.95, 0.95}}),
                                rule_of("smoke", {{0.1, 0.1}, {0.2, 0.1}, {0.2, 0.2}})};
  const auto counted = shares.count(rules, mask, 100, 100);
  EXPECT_EQ(counted[0], 1.0);
  EXPECT_EQ(counted[1], 0.0);
}

TEST(ZoneShares, AClassThatTheMaskDoesNotKnowHasNone) {
  const Scene scene{2, 1, {1, 0}, {0, 0, 2, 1}, 2, 1};
  ZoneShares shares;
  const std::vector<Rule> rules{rule_of("dog", kWhole), rule_of("smoke", kWhole)};
  const FrameMask mask = scene.mask(false, 0);
  EXPECT_EQ(shares.count(rules, mask, 2, 1)[0], std::nullopt);
  EXPECT_EQ(shares.count(rules, mask, 2, 1)[1], 0.5);
  FrameMask other = scene.mask(false, 0);
  other.regions = {{"background"}, {"dog"}};
  EXPECT_EQ(shares.count(rules, other, 2, 1)[0], 0.5) << "another vocabulary";
  EXPECT_EQ(shares.count(rules, other, 2, 1)[1], std::nullopt);
}

TEST(ZoneShares, FollowMaskFrameAndRules) {
  ZoneShares shares;
  const std::vector<Rule> left{rule_of("smoke", kLeftHalf)}, whole{rule_of("smoke", kWhole)};
  Scene scene{4, 1, {1, 0, 0, 0}, {0, 0, 8, 2}, 8, 2};
  EXPECT_EQ(shares.count(left, scene.mask(false, 0), 8, 2)[0], 0.5);
  scene.ids = {1, 1, 0, 0};
  const FrameMask mask = scene.mask(false, 0);
  EXPECT_EQ(shares.count(left, mask, 8, 2)[0], 1.0);
  EXPECT_EQ(shares.count(left, mask, 16, 2)[0], 0.5) << "of a wider frame the mask covers half";
  shares.clear();
  EXPECT_EQ(shares.count(whole, mask, 8, 2)[0], 0.5);
}

TEST(ZoneShares, CountAMaskOnce) {
  const Scene scene{2, 1, {1, 0}, {0, 0, 2, 1}, 2, 1};
  const Ptr<GstBuffer> buffer = make_mask<std::uint8_t>(2, 1, {1, 0});
  const auto mask_of = [&] {
    FrameMask mask(buffer.get(), scene.rectangle);
    mask.regions = {{"background"}, {"smoke"}};
    return mask;
  };
  ZoneShares shares;
  const std::vector<Rule> rules{rule_of("smoke", kWhole)};
  EXPECT_EQ(shares.count(rules, mask_of(), 2, 1)[0], 0.5);
  // Nobody may write to a mask; this one shows that it is not read again.
  GstMapInfo map;
  ASSERT_TRUE(gst_memory_map(gst_buffer_peek_memory(buffer.get(), 0), &map, GST_MAP_WRITE));
  map.data[1] = 1;
  gst_memory_unmap(gst_buffer_peek_memory(buffer.get(), 0), &map);
  EXPECT_EQ(shares.count(rules, mask_of(), 2, 1)[0], 0.5);
  const Ptr<GstBuffer> copy(gst_buffer_copy_deep(buffer.get()));
  FrameMask other(copy.get(), scene.rectangle);
  other.regions = mask_of().regions;
  EXPECT_EQ(shares.count(rules, other, 2, 1)[0], 1.0);
}

}  // namespace
}  // namespace naclip::testing
