// What masks cover, in space and time.
#include "elements/redact/cover_memory.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace naclip::testing {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

/// 255 in pixels that are covered.
cv::Mat painted(const CoveredArea &area, cv::Size frame) {
  cv::Mat picture(frame, CV_8UC1, cv::Scalar(0));
  for (const cv::Rect &rectangle : area) {
    EXPECT_FALSE(rectangle.empty());
    EXPECT_EQ(rectangle & cv::Rect({0, 0}, frame), rectangle);
    picture(rectangle & cv::Rect({0, 0}, frame)).setTo(255);
  }
  return picture;
}

int covered_pixels(const CoveredArea &area, cv::Size frame) {
  return cv::countNonZero(painted(area, frame));
}

/// Cells of a size, of which some are covered.
cv::Mat pattern(cv::Size size, int seed = 1) {
  cv::Mat cells(size, CV_8UC1);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      cells.at<std::uint8_t>(y, x) = (x * 7 + y * 13 + x * y * seed) % 5 == 0 ? 255 : 0;
  return cells;
}

TEST(CellsToCover, FollowsTheChoiceAndCoversIdsThatHaveNoRegion) {
  const std::vector<bool> chosen{false, true, false};
  for (const int type : {CV_8UC1, CV_16UC1}) {
    cv::Mat labels(1, 4, CV_8UC1);
    for (int id = 0; id < 4; ++id) labels.at<std::uint8_t>(0, id) = static_cast<std::uint8_t>(id);
    labels.convertTo(labels, type);
    const auto bytes = [](const cv::Mat &cells) {
      return std::vector<int>(cells.begin<std::uint8_t>(), cells.end<std::uint8_t>());
    };
    EXPECT_EQ(bytes(cells_to_cover(labels, chosen, false)), (std::vector{0, 255, 0, 255}));
    EXPECT_EQ(bytes(cells_to_cover(labels, chosen, true)), (std::vector{255, 0, 255, 255}));
  }
  const cv::Mat wide(1, 1, CV_16UC1, cv::Scalar(65535));
  EXPECT_EQ(cells_to_cover(wide, chosen, false).at<std::uint8_t>(0, 0), 255);
}

struct Geometry {
  cv::Size cells, frame;
  cv::Rect rectangle;
};

const Geometry kGeometries[] = {
    {{4, 4}, {16, 16}, {0, 0, 16, 16}},   {{7, 5}, {32, 18}, {0, 0, 32, 18}},
    {{37, 29}, {16, 10}, {0, 0, 16, 10}}, {{6, 6}, {20, 20}, {-7, 5, 31, 11}},
    {{1, 1}, {3, 2}, {0, 0, 3, 2}},       {{5, 3}, {9, 9}, {20, 20, 5, 5}},
};

TEST(CoverMemory, CoversEveryPixelThatACoveredCellTouchesAndNoOther) {
  for (const auto &[size, frame, r] : kGeometries) {
    const cv::Mat cells = pattern(size);
    CoverMemory memory;
    memory.add(cells, r, 0);
    const cv::Mat got = painted(memory.area(frame, 0, 0), frame);
    for (int y = 0; y < frame.height; ++y)
      for (int x = 0; x < frame.width; ++x) {
        bool expected = false;
        // A cell overlaps a pixel where each begins before the other ends.
        for (int row = 0; row < size.height; ++row)
          for (int column = 0; column < size.width; ++column) {
            const bool across = column * r.width < (x + 1 - r.x) * size.width &&
                                (column + 1) * r.width > (x - r.x) * size.width;
            const bool down = row * r.height < (y + 1 - r.y) * size.height &&
                              (row + 1) * r.height > (y - r.y) * size.height;
            if (across && down && cells.at<std::uint8_t>(row, column) != 0) expected = true;
          }
        ASSERT_EQ(got.at<std::uint8_t>(y, x) != 0, expected) << size << frame << x << ' ' << y;
      }
  }
}

TEST(CoverMemory, DilatesByThePixelsAskedForAndLessThanTwoCellsMore) {
  const cv::Size frame(100, 60);
  for (const cv::Size size : {cv::Size(100, 60), cv::Size(25, 20), cv::Size(13, 7)})
    for (const int dilate : {1, 4, 9}) {
      cv::Mat cells(size, CV_8UC1, cv::Scalar(0));
      cells.at<std::uint8_t>(size.height / 2, size.width / 2) = 255;
      CoverMemory memory;
      memory.add(cells, {0, 0, 100, 60}, 0);
      const CoveredArea plain = memory.area(frame, 0, 0);
      ASSERT_EQ(plain.size(), 1U);
      const cv::Rect grown = cv::boundingRect(painted(memory.area(frame, 0, dilate), frame));
      const cv::Rect least(plain[0].tl() - cv::Point(dilate, dilate),
                           plain[0].size() + cv::Size(2 * dilate, 2 * dilate));
      EXPECT_EQ(grown & least, least) << size << dilate;
      EXPECT_LE(grown.width, least.width + 4 * (100 / size.width + 1));
      EXPECT_LE(grown.height, least.height + 4 * (60 / size.height + 1));
    }
}

TEST(CoverMemory, RemembersWhatWasCoveredSinceATime) {
  const cv::Size frame(2, 1);
  const cv::Rect all(0, 0, 2, 1);
  const auto one = [](int cell) {
    cv::Mat cells(1, 2, CV_8UC1, cv::Scalar(0));
    cells.at<std::uint8_t>(0, cell) = 255;
    return cells;
  };
  CoverMemory memory;
  memory.add(one(0), all, 1000 * kMillisecond);
  memory.add(one(1), all, 1200 * kMillisecond);
  EXPECT_EQ(covered_pixels(memory.area(frame, 900 * kMillisecond, 0), frame), 2);
  EXPECT_EQ(covered_pixels(memory.area(frame, 1000 * kMillisecond, 0), frame), 2);
  const CoveredArea later = memory.area(frame, 1001 * kMillisecond, 0);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0], cv::Rect(1, 0, 1, 1));
  // A frame that comes late does not shorten what a later one covers.
  memory.add(one(1), all, 1100 * kMillisecond);
  EXPECT_EQ(covered_pixels(memory.area(frame, 1150 * kMillisecond, 0), frame), 1);
  EXPECT_TRUE(memory.area(frame, 1201 * kMillisecond, 0).empty());
}

TEST(CoverMemory, AFractionOfAMillisecondCountsInFavourOfCovering) {
  const cv::Size frame(1, 1);
  CoverMemory memory;
  memory.add(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0)), {0, 0, 1, 1}, 500'000);
  memory.add(cv::Mat(1, 1, CV_8UC1, cv::Scalar(255)), {0, 0, 1, 1}, 33'333'333);
  for (const std::int64_t since : {0, 33'000'000, 33'333'332, 33'333'333})
    EXPECT_EQ(memory.area(frame, since, 0).size(), 1U) << since;
}

TEST(CoverMemory, MasksOfSeveralSizesAndPlacesCountTogether) {
  const cv::Size frame(8, 8);
  CoverMemory memory;
  memory.add(cv::Mat(1, 1, CV_8UC1, cv::Scalar(255)), {0, 0, 4, 8}, 0);
  memory.add(cv::Mat(2, 2, CV_8UC1, cv::Scalar(255)), {4, 0, 4, 4}, 10 * kMillisecond);
  EXPECT_EQ(covered_pixels(memory.area(frame, 0, 0), frame), 32 + 16);
  EXPECT_EQ(covered_pixels(memory.area(frame, kMillisecond, 0), frame), 16);
}

TEST(CoverMemory, WorksForMonthsOnEnd) {
  constexpr std::int64_t kDay = 24 * 3600 * 1000 * kMillisecond;
  const cv::Size frame(1, 1);
  CoverMemory memory;
  for (std::int64_t time = 0; time < 100 * kDay; time += kDay / 2) {
    memory.add(cv::Mat(1, 1, CV_8UC1, cv::Scalar(255)), {0, 0, 1, 1}, time);
    memory.add(cv::Mat(1, 1, CV_8UC1, cv::Scalar(0)), {0, 0, 1, 1}, time + kMillisecond);
    EXPECT_EQ(memory.area(frame, time, 0).size(), 1U) << time;
    EXPECT_TRUE(memory.area(frame, time + kMillisecond, 0).empty()) << time;
  }
}

TEST(CoverMemory, WhatIsRememberedFollowsTheFramesSize) {
  CoverMemory memory;
  cv::Mat cells(1, 2, CV_8UC1, cv::Scalar(0));
  cells.at<std::uint8_t>(0, 1) = 255;
  memory.add(cells, {0, 0, 20, 10}, 0);
  memory.rescale({20, 10}, {7, 5});
  const cv::Mat got = painted(memory.area({7, 5}, 0, 0), {7, 5});
  EXPECT_EQ(cv::boundingRect(got), cv::Rect(3, 0, 4, 5));
}

TEST(AddOutside, AddsAllThatIsNotKnown) {
  const cv::Size frame(6, 5);
  for (const cv::Rect known : {cv::Rect(0, 0, 6, 5), cv::Rect(-3, -3, 20, 20), cv::Rect(1, 1, 3, 2),
                               cv::Rect(2, -1, 9, 3), cv::Rect(40, 0, 1, 1), cv::Rect()}) {
    CoveredArea area;
    add_outside(known, frame, area);
    cv::Mat expected(frame, CV_8UC1, cv::Scalar(255));
    expected(known & cv::Rect({0, 0}, frame)).setTo(0);
    EXPECT_EQ(cv::countNonZero(painted(area, frame) != expected), 0) << known;
  }
  EXPECT_EQ(covered_pixels(whole_area(frame), frame), 30);
}

}  // namespace
}  // namespace naclip::testing
