// A frame's objects: where they lie in it, and which of them count.
#include "elements/objects/find_objects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace naclip::testing {
namespace {

constexpr ObjectLimits kAll{0, 1000, 0};

/// A mask of one byte a cell; `#` is region 1.
struct Mask {
  explicit Mask(const std::vector<std::string> &rows)
      : width(static_cast<int>(rows.front().size())), height(static_cast<int>(rows.size())) {
    for (const std::string &row : rows)
      for (const char cell : row) labels.push_back(cell == '#' ? 1 : 0);
  }

  FoundObjects found(const MaskRectangle &rectangle, FrameSize frame,
                     const ObjectLimits &limits = kAll) const {
    return find_objects({labels.data(), width, width, height, 1}, rectangle, {false, true}, limits,
                        frame);
  }
  /// "x y width height; ..." of each.
  std::string boxes(const MaskRectangle &rectangle, FrameSize frame,
                    const ObjectLimits &limits = kAll) const {
    std::string text;
    for (const auto &[region, box] : found(rectangle, frame, limits).objects) {
      EXPECT_EQ(region, 1U);
      for (const int value : {box.x, box.y, box.width, box.height}) {
        text += std::to_string(value);
        text += ' ';
      }
      text.back() = ';';
    }
    return text;
  }

  int width, height;
  std::vector<std::uint8_t> labels;
};

TEST(FindObjects, GivesBoxesInPixelsOfTheFrame) {
  const Mask mask({"....",  //
                   ".##.",  //
                   "...."});
  EXPECT_EQ(mask.boxes({0, 0, 4, 3}, {4, 3}), "1 1 2 1;");
  EXPECT_EQ(mask.boxes({0, 0, 400, 300}, {400, 300}), "100 100 200 100;");
  EXPECT_EQ(mask.boxes({0, 0, 2, 3}, {2, 3}), "0 1 2 1;") << "two cells a pixel";
}

TEST(FindObjects, BoxesHoldEveryPixelThatTheObjectTouches) {
  const Mask mask({".#."});
  EXPECT_EQ(mask.boxes({0, 0, 10, 10}, {10, 10}), "3 0 4 10;") << "3.3 to 6.7";
  EXPECT_EQ(mask.boxes({0, 0, 1, 1}, {1, 1}), "0 0 1 1;");
}

TEST(FindObjects, WorksOnAMaskOfAPartOfTheFrame) {
  const Mask mask({"#..", "..."});
  EXPECT_EQ(mask.boxes({30, 20, 60, 40}, {100, 100}), "30 20 20 20;");
}

TEST(FindObjects, CutsOffWhatLiesOutsideTheFrame) {
  const Mask mask({"##..##"});
  EXPECT_EQ(mask.boxes({-10, -5, 60, 20}, {40, 10}), "0 0 10 10;30 0 10 10;");
  // Cells that show in part.
  EXPECT_EQ(mask.boxes({-19, 0, 60, 10}, {22, 10}), "0 0 1 10;21 0 1 10;");
  EXPECT_EQ(mask.boxes({-20, 0, 60, 10}, {20, 10}), "");
}

TEST(FindObjects, CutsOffLabelsOfTwoBytesAtTheirPlace) {
  const std::vector<std::uint16_t> labels{0, 300, 0, 300,  //
                                          0, 0,   0, 300};
  std::vector<bool> chosen(301);
  chosen[300] = true;
  const auto found =
      find_objects({reinterpret_cast<const std::uint8_t *>(labels.data()), 8, 4, 2, 2},
                   {-20, -10, 40, 20}, chosen, kAll, {20, 10});
  ASSERT_EQ(found.objects.size(), 1U);
  EXPECT_EQ(found.objects[0].region, 300U);
  EXPECT_EQ(found.objects[0].box, (MaskRectangle{10, 0, 10, 10}));
}

TEST(FindObjects, FindsNothingInAMaskThatLiesBesideTheFrame) {
  const Mask mask({"##"});
  for (const MaskRectangle &rectangle :
       {MaskRectangle{100, 0, 10, 10}, {-10, 0, 10, 10}, {0, 100, 10, 10}, {0, -10, 10, 10}})
    EXPECT_EQ(mask.boxes(rectangle, {100, 100}), "");
}

TEST(FindObjects, WhatHangsTogetherOutsideTheFrameAloneIsTwoObjects) {
  const Mask mask({"#####",  //
                   "#...#"});
  EXPECT_EQ(mask.boxes({0, -10, 50, 20}, {50, 10}), "0 0 10 10;40 0 10 10;");
}

TEST(FindObjects, LeavesOutWhatCoversTooLittleOfTheFrame) {
  const Mask mask({"##.#",  //
                   "....",  //
                   "....",  //
                   "...."});
  const auto boxes = [&](double least, const MaskRectangle &rectangle, FrameSize frame) {
    return mask.boxes(rectangle, frame, {least, 1000, 0});
  };
  const MaskRectangle whole{0, 0, 333, 77};
  EXPECT_EQ(std::ranges::count(boxes(1 / 16.0, whole, {333, 77}), ';'), 2);
  EXPECT_EQ(std::ranges::count(boxes(1.01 / 16, whole, {333, 77}), ';'), 1);
  EXPECT_EQ(std::ranges::count(boxes(2 / 16.0, whole, {333, 77}), ';'), 1);
  EXPECT_EQ(std::ranges::count(boxes(2.01 / 16, whole, {333, 77}), ';'), 0);
  // In a frame of which the mask tells of a quarter alone.
  EXPECT_EQ(boxes(2 / 64.0, {0, 0, 40, 40}, {80, 80}), "0 0 20 10;");
  EXPECT_EQ(boxes(2.01 / 64, {0, 0, 40, 40}, {80, 80}), "");
}

TEST(FindObjects, KeepsTheLargestAndCountsTheOthers) {
  const Mask mask({"#.###.##"});
  const FoundObjects found = mask.found({0, 0, 8, 1}, {8, 1}, {0, 2, 0});
  ASSERT_EQ(found.objects.size(), 2U);
  EXPECT_EQ(found.objects[0].box.x, 2);
  EXPECT_EQ(found.objects[1].box.x, 6);
  EXPECT_EQ(found.surplus, 1U);
  EXPECT_EQ(mask.found({0, 0, 8, 1}, {8, 1}, {0, 3, 0}).surplus, 0U);
}

TEST(FindObjects, GapsAreInPixelsOfAFrameOf720Lines) {
  const Mask mask({"#..#"});
  const auto count = [&](int gap, MaskRectangle rectangle, FrameSize frame) {
    return mask.found(rectangle, frame, {0, 1000, gap}).objects.size();
  };
  EXPECT_EQ(count(2, {0, 0, 4, 720}, {4, 720}), 1U);
  EXPECT_EQ(count(1, {0, 0, 4, 720}, {4, 720}), 2U);
  // A frame of twice as many lines; a mask whose cells are 10 pixels wide.
  EXPECT_EQ(count(1, {0, 0, 4, 1440}, {4, 1440}), 1U);
  EXPECT_EQ(count(20, {0, 0, 40, 720}, {40, 720}), 1U);
  EXPECT_EQ(count(19, {0, 0, 40, 720}, {40, 720}), 2U);
  EXPECT_EQ(count(10, {0, 0, 40, 1440}, {40, 1440}), 1U);
  EXPECT_EQ(count(720, {0, 0, 4, 7}, {4, 7}), 1U);
}

TEST(FindObjects, GapsDownColumnsHaveTheCellsHeight) {
  const Mask mask({"#", ".", ".", "#"});
  const auto count = [&](int gap) {
    return mask.found({0, 0, 1, 720}, {1, 720}, {0, 1000, gap}).objects.size();
  };
  EXPECT_EQ(count(359), 2U);
  EXPECT_EQ(count(360), 1U);
}

}  // namespace
}  // namespace naclip::testing
