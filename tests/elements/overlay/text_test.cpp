// The legend and the regions' names.
#include "elements/drawing/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "elements/overlay/anchors.h"
#include "model/base/palette.h"
#include "overlay_frames.h"

namespace naclip::testing {
namespace {

struct Bounds {
  int left = 1 << 20, top = 1 << 20, right = -1, bottom = -1;
};

Bounds changed(const TestFrame &before, const TestFrame &after) {
  Bounds bounds;
  for (int y = 0; y < after.height(); ++y)
    for (int x = 0; x < after.width(); ++x)
      if (before.at(x, y) != after.at(x, y)) {
        bounds.left = std::min(bounds.left, x);
        bounds.top = std::min(bounds.top, y);
        bounds.right = std::max(bounds.right, x);
        bounds.bottom = std::max(bounds.bottom, y);
      }
  return bounds;
}

std::vector<OverlayRegion> many_regions(std::size_t count) {
  std::vector<OverlayRegion> regions;
  for (std::size_t i = 0; i < count; ++i)
    regions.push_back({"class " + std::to_string(i), palette_colour(i), 0.9 / count, true});
  return regions;
}

TEST(OverlayLegend, StandsInTheCornerAskedFor) {
  TestMask mask(4, 4, {kNothing, kRed, kGreen});
  for (const PixelFormat format : kAllFormats)
    for (const auto &[place, right, bottom] : {std::tuple{LegendPlace::kTopLeft, false, false},
                                               {LegendPlace::kTopRight, true, false},
                                               {LegendPlace::kBottomLeft, false, true},
                                               {LegendPlace::kBottomRight, true, true}}) {
      TestFrame frame(format, 401, 301);
      const TestFrame before = frame;
      draw(frame, mask.over(401, 301), {0.0, 0, place, false});
      const Bounds bounds = changed(before, frame);
      ASSERT_GE(bounds.right, 0) << "nothing was drawn";
      EXPECT_EQ(bounds.left > 200, right);
      EXPECT_EQ(bounds.right > 200, right);
      EXPECT_EQ(bounds.top > 150, bottom);
      EXPECT_EQ(bounds.bottom > 150, bottom);
      EXPECT_GT(bounds.left, 2);
      EXPECT_GT(bounds.top, 2);
      EXPECT_LT(bounds.right, 398);
      EXPECT_LT(bounds.bottom, 298);
      EXPECT_TRUE(frame.keeps_other_bytes(before));
    }
}

TEST(OverlayLegend, IsNotThereWhenNotAskedForOrWithNothingToShow) {
  TestFrame frame(PixelFormat::kI420, 400, 300);
  const TestFrame before = frame;
  TestMask mask(4, 4, {kNothing, kRed});
  draw(frame, mask.over(400, 300), {0.0, 0, LegendPlace::kNone, false});
  EXPECT_EQ(frame.bytes, before.bytes);
  TestMask empty(4, 4, {kNothing, {"absent", 0xff0000, 0.0, true}});
  draw(frame, empty.over(400, 300), {0.0, 0, LegendPlace::kTopLeft, false});
  EXPECT_EQ(frame.bytes, before.bytes);
}

TEST(OverlayLegend, ListsClassesInTheOrderOfTheirIds) {
  TestMask mask(4, 4, {kNothing, kGreen, kRed});  // shares 0.25 and 0.5
  TestFrame frame(PixelFormat::kRgb, 400, 300);
  frame.fill({128, 128, 128});
  draw(frame, mask.over(400, 300), {0.0, 0, LegendPlace::kTopLeft, false});
  int red = -1, green = -1;
  for (int y = 299; y >= 0; --y)
    for (int x = 0; x < 400; ++x) {
      if (frame.at(x, y) == Sample{255, 0, 0}) red = y;
      if (frame.at(x, y) == Sample{0, 255, 0}) green = y;
    }
  ASSERT_GE(red, 0);
  ASSERT_GE(green, 0);
  EXPECT_LT(green, red);
}

TEST(OverlayLegend, CoversAtMostAThirdOfTheFrame) {
  std::vector<OverlayRegion> regions = many_regions(60);
  for (OverlayRegion &region : regions) region.label += " of a rather long name";
  for (const auto &names : {many_regions(60), regions})
    for (const auto &[width, height, pixel_aspect] : {std::tuple{640, 360, 1.0},
                                                      {1280, 720, 1.0},
                                                      {160, 120, 1.0},
                                                      {320, 240, 2.0},
                                                      {360, 640, 1.0},
                                                      {640, 360, 0.5},
                                                      {96, 64, 1.0}}) {
      TestMask mask(4, 4, names);
      TestFrame frame(PixelFormat::kRgb, width, height);
      const TestFrame before = frame;
      Canvas canvas = frame.canvas();
      canvas.pixel_aspect = pixel_aspect;
      const OverlayMask over = mask.over(width, height);
      OverlayRenderer().draw(canvas, std::span(&over, 1), {0.0, 0, LegendPlace::kTopLeft, false});
      const Bounds bounds = changed(before, frame);
      EXPECT_TRUE(bounds.right >= 0 || width < 160) << width << " x " << height;
      if (bounds.right < 0) continue;
      EXPECT_LE((bounds.right - bounds.left + 1) * (bounds.bottom - bounds.top + 1),
                width * height / 3)
          << width << " x " << height;
    }
}

TEST(OverlayLegend, HasRoomForFewerAndSmallerLinesOnSmallFrames) {
  TextRenderer text;
  const auto lines = [&](int width, int height) {
    text.set_frame(width, height);
    return text.legend_room();
  };
  EXPECT_GE(lines(1280, 720), 20U);
  EXPECT_GE(lines(640, 360), 15U);
  EXPECT_LT(lines(320, 240), lines(640, 360));
  EXPECT_LT(lines(160, 120), lines(320, 240));
  EXPECT_GE(lines(160, 120), 3U);
  EXPECT_EQ(lines(32, 24), 0U);
  const LegendEntry entry{"person", 0xff0000, 0.5};
  const auto height = [&](int frame_width, int frame_height) {
    text.set_frame(frame_width, frame_height);
    return text.legend({&entry, 1}, 0).height;
  };
  EXPECT_LT(height(160, 120), height(320, 240));
}

TEST(OverlayLegend, OfManyClassesStaysInsideTheFrame) {
  TestMask mask(4, 4, many_regions(1000), 2);
  for (const auto &[width, height] : {std::pair{640, 360}, {64, 48}, {100, 400}, {161, 95}}) {
    TestFrame frame(PixelFormat::kNv12, width, height);
    const TestFrame before = frame;
    draw(frame, mask.over(width, height), {0.0, 0, LegendPlace::kBottomRight, false});
    EXPECT_TRUE(frame.keeps_other_bytes(before)) << width << " x " << height;
  }
  TextRenderer text;
  text.set_frame(640, 360);
  const std::vector<LegendEntry> entries(text.legend_room(), {"a class", 0xff0000, 0.001});
  const Bitmap all = text.legend(std::span(entries).first(entries.size() - 1), 900);
  EXPECT_GT(all.height, 250);
  EXPECT_EQ(all.height, text.legend(entries, 0).height) << "the rest takes a line";
  EXPECT_LE(all.height + 2 * text.margin(), 360);
  EXPECT_LT(text.legend(std::span(entries).first(3), 0).height, 100);
}

TEST(OverlayText, IsLeftOutOfTinyFrames) {
  TestMask mask(3, 5, {kNothing, kRed, kGreen});
  mask.paint([](int x, int y) { return (x + y) % 3; });
  for (const PixelFormat format : kAllFormats)
    for (const auto &[width, height] : {std::pair{1, 1}, {2, 2}, {17, 33}, {1, 200}, {200, 1}}) {
      TestFrame with_text(format, width, height), without = with_text;
      const TestFrame before = with_text;
      draw(with_text, mask.over(width, height), {0.5, 2, LegendPlace::kTopLeft, true});
      draw(without, mask.over(width, height), plain(0.5, 2));
      EXPECT_EQ(with_text.bytes, without.bytes);
      EXPECT_TRUE(with_text.keeps_other_bytes(before));
    }
}

TEST(OverlayText, GrowsWithTheFrame) {
  TextRenderer text;
  text.set_frame(640, 360);
  const Bitmap small = text.name("person", 0xff0000);
  text.set_frame(1920, 1080);
  const Bitmap large = text.name("person", 0xff0000);
  EXPECT_GT(small.height, 8);
  EXPECT_GE(large.height, 2 * small.height - 4);
}

TEST(OverlayText, IsNotStretchedOnDisplay) {
  TextRenderer text;
  const auto sizes = [&](int width, int height, double pixel_aspect) {
    text.set_frame(width, height, pixel_aspect);
    const LegendEntry entry{"person", 0xff0000, 0.5};
    return std::pair(text.name("person", 0xff0000), text.legend({&entry, 1}, 0));
  };
  // The same picture on display.
  const auto [name, legend] = sizes(1280, 720, 1.0);
  for (const double aspect : {2.0, 0.5, 64.0 / 45}) {
    const auto [name_now, legend_now] =
        sizes(static_cast<int>(std::lround(1280 / aspect)), 720, aspect);
    EXPECT_EQ(name_now.height, name.height) << aspect;
    EXPECT_EQ(legend_now.height, legend.height) << aspect;
    EXPECT_NEAR(name_now.width * aspect, name.width, aspect) << aspect;
    EXPECT_NEAR(legend_now.width * aspect, legend.width, aspect) << aspect;
    // What is drawn fills the bitmap: the right edge's middle is opaque to the legend's degree.
    const auto right =
        static_cast<std::size_t>(legend_now.height / 2 * legend_now.width + legend_now.width - 2);
    EXPECT_GT(legend_now.pixels[right] >> 24, 100U) << aspect;
  }
}

TEST(OverlayText, TakesAnyTextAndCutsLongOnes) {
  TextRenderer text;
  text.set_frame(640, 360);
  const int longest = text.name(std::string(2000, 'w'), 0).width;
  EXPECT_LT(longest, 320);
  EXPECT_GT(longest, 60);
  EXPECT_GT(text.name("歩行者", 0).width, 20);
  EXPECT_GT(text.name("الطريق", 0).width, 20);
  EXPECT_GT(text.name("\xff\xfe broken", 0).width, 20);
  // One line, though the sign for the line's end may come from a taller font.
  EXPECT_LT(text.name("two\nlines", 0).height, text.name("lines", 0).height * 3 / 2);
  EXPECT_EQ(text.name("", 0).width, 0);
}

TEST(OverlayText, IsBlackOnLightAndWhiteOnDarkColours) {
  EXPECT_TRUE(is_light(0xffe119));
  EXPECT_TRUE(is_light(0xffffff));
  EXPECT_FALSE(is_light(0x000080));
  EXPECT_FALSE(is_light(0x4000a0));
}

/// The label of the mask at an anchor.
std::size_t label_at(const OverlayMask &mask, const LabelAnchor &anchor) {
  return mask.at(
      static_cast<int>(std::floor((anchor.x - mask.frame_x) * mask.width / mask.frame_width)),
      static_cast<int>(std::floor((anchor.y - mask.frame_y) * mask.height / mask.frame_height)));
}

TEST(OverlayNames, StandInsideTheirRegionsWhateverTheShape) {
  // A ring, whose middle is no part of it, around a disc, and a thin frame around both.
  for (const int size : {60, 400, 1000}) {
    TestMask mask(size, size, {kNothing, kRed, kGreen, {"frame", 0x0000ff, 0.1, true}});
    mask.paint([&](int x, int y) {
      const double radius = std::hypot(x - size / 2.0, y - size / 2.0) / size;
      const int edge = std::min({x, y, size - 1 - x, size - 1 - y});
      return edge < size / 40 ? 3 : radius < 0.1 ? 2 : radius < 0.3 ? 1 : 0;
    });
    const OverlayMask over = mask.over_area(30, -20, 800, 640);
    LabelRoom room{1000, 1000, {}};
    const auto anchors = find_anchors(over, 0.015, room, [](std::size_t) {
      return LabelBox{10, 5};
    });
    ASSERT_EQ(anchors.size(), 3U) << size;
    for (const LabelAnchor &anchor : anchors)
      EXPECT_EQ(label_at(over, anchor), anchor.label) << size;
  }
}

TEST(OverlayNames, AreGivenToEachLargePartAndNoSmallOne) {
  TestMask mask(100, 100, {kNothing, kRed});
  // Two parts of 20 x 20 and one of 10 x 10, which is 1 % of the mask.
  mask.paint([](int x, int y) {
    return (y < 20 && (x < 20 || x >= 80)) || (y >= 90 && x >= 40 && x < 50) ? 1 : 0;
  });
  LabelRoom room{100, 100, {}};
  const auto anchors = find_anchors(mask.over(100, 100), 0.015, room, [](std::size_t) {
    return LabelBox{5, 5};
  });
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_LT(anchors[0].x, 20);
  EXPECT_GE(anchors[1].x, 80);
}

TEST(OverlayNames, StandWhereTheyFitAndNotUnderTheLegend) {
  // A large square with a wide arm: a wide name fits the arm alone.
  TestMask mask(200, 100, {kNothing, kRed});
  mask.paint([](int x, int y) { return (x < 50 && y < 50) || (y >= 60 && y < 80) || (x < 20); });
  const auto anchors = [&](int width, const FrameArea &covered) {
    LabelRoom room{200, 100, {covered}};
    return find_anchors(mask.over(200, 100), 0.015, room, [=](std::size_t) {
      return LabelBox{width, 12};
    });
  };
  EXPECT_LT(anchors(10, {}).at(0).y, 50);
  EXPECT_GE(anchors(120, {}).at(0).y, 60);
  EXPECT_GE(anchors(10, {0, 0, 60, 55}).at(0).box.y, 55);
  EXPECT_TRUE(anchors(10, {0, 0, 200, 100}).empty()) << "all of it is covered";
}

bool overlap(const FrameArea &one, const FrameArea &other) {
  return one.x < other.x + other.width && other.x < one.x + one.width &&
         one.y < other.y + other.height && other.y < one.y + one.height;
}

TEST(OverlayNames, NeverOverlap) {
  // Narrow stripes whose names are wider than they are, on two masks, beside a legend.
  std::vector<OverlayRegion> regions = many_regions(12);
  TestMask below(120, 60, regions), above(120, 60, regions);
  below.paint([](int x, int) { return x / 10; });
  above.paint([](int, int y) { return y / 5; });
  LabelRoom room{640, 360, {{7, 7, 200, 150}}};
  std::size_t names = 0;
  for (const TestMask *mask : {&above, &below})
    names += find_anchors(mask->over(640, 360), 0.015, room, [](std::size_t) {
               return LabelBox{90, 20};
             }).size();
  EXPECT_GT(names, 8U);
  ASSERT_EQ(room.taken.size(), names + 1);
  for (std::size_t i = 0; i < room.taken.size(); ++i) {
    EXPECT_GE(room.taken[i].x, 0);
    EXPECT_LE(room.taken[i].x + room.taken[i].width, 640);
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_FALSE(overlap(room.taken[i], room.taken[j])) << i << " and " << j;
  }
}

TEST(OverlayNames, MoveOutOfTheWayOfALegendThatGrows) {
  // The second mask's class comes and widens the legend over the place of the first one's name.
  TestMask first(64, 36, {kNothing, kRed}), none(64, 36, {kNothing, kGreen}), second = none;
  first.paint([](int x, int y) { return x < 30 && y < 12; });
  const OverlaySettings settings{0.0, 0, LegendPlace::kTopLeft, true};
  const auto drawn = [&](OverlayRenderer &renderer, const OverlayMask &other) {
    TestFrame frame(PixelFormat::kRgb, 640, 360);
    frame.fill({128, 128, 128});
    const OverlayMask masks[] = {first.over(640, 360), other};
    renderer.draw(frame.canvas(), masks, settings);
    return frame.bytes;
  };
  OverlayMask absent = none.over(640, 360), there = second.over(640, 360);
  absent.regions[1].share = 0;
  there.regions[1].label = absent.regions[1].label = "a class of a long name";
  OverlayRenderer kept, fresh;
  drawn(kept, absent);
  EXPECT_EQ(drawn(kept, there), drawn(fresh, there));
}

TEST(OverlayNames, AreDrawnInsideARegionThatHasRoomForThem) {
  TestMask mask(40, 30, {kNothing, kRed});
  mask.paint([](int x, int y) { return x >= 10 && x < 35 && y >= 12 && y < 26; });
  TestFrame frame(PixelFormat::kI420, 640, 480);
  const TestFrame before = frame;
  draw(frame, mask.over(640, 480), {0.0, 0, LegendPlace::kNone, true});
  const Bounds bounds = changed(before, frame);
  ASSERT_GE(bounds.right, 0) << "nothing was drawn";
  EXPECT_GE(bounds.left, 160);
  EXPECT_GE(bounds.top, 192);
  EXPECT_LT(bounds.right, 560);
  EXPECT_LT(bounds.bottom, 416);
}

}  // namespace
}  // namespace naclip::testing
