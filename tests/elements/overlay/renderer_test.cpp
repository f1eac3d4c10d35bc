// What the overlay draws, pixel by pixel.
#include "elements/overlay/renderer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "elements/overlay/speckles.h"
#include "model/base/palette.h"
#include "model/error.h"
#include "overlay_frames.h"

namespace naclip::testing {
namespace {

/// BT.601, limited range, from its definition.
std::array<double, 3> components(PixelFormat format, Colour colour) {
  const double r = colour >> 16 & 0xff, g = colour >> 8 & 0xff, b = colour & 0xff;
  if (!is_ycbcr(format)) return {r, g, b};
  const double luma = 0.299 * r + 0.587 * g + 0.114 * b;
  return {16 + luma * 219 / 255, 128 + (b - luma) / 1.772 * 224 / 255,
          128 + (r - luma) / 1.402 * 224 / 255};
}

struct Case {
  PixelFormat format;
  int width, height;
};

class EveryFormat : public ::testing::TestWithParam<Case> {};

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const PixelFormat format : kAllFormats)
    for (const auto &[width, height] : {std::pair{4, 4}, {5, 3}, {7, 5}, {300, 2}})
      result.push_back({format, width, height});
  return result;
}

INSTANTIATE_TEST_SUITE_P(Overlay, EveryFormat, ::testing::ValuesIn(cases()), [](const auto &test) {
  const Case &one = test.param;
  return "Format" + std::to_string(static_cast<int>(one.format)) + "Size" +
         std::to_string(one.width) + "x" + std::to_string(one.height);
});

TEST_P(EveryFormat, BlendsEachPixelByTheOpacityAndLeavesAllOtherBytes) {
  const auto [format, width, height] = GetParam();
  const auto drawn = [](int x, int y) { return (x / 3 + y / 2) % 2 == 0; };
  TestMask mask(width, height, {kNothing, kRed});
  mask.paint(drawn);
  TestFrame frame(format, width, height);
  const TestFrame before = frame;
  draw(frame, mask.over(width, height), plain(0.5));

  const double alpha = 128;  // 0.5, rounded
  const auto colour = components(format, kRed.colour);
  const auto expected = [&](int x, int y, int component) {
    // A sample of chroma belongs to four pixels, fewer at odd edges.
    const bool halved = component > 0 && is_ycbcr(format);
    double covered = 0;
    for (int dy = 0; dy < (halved ? 2 : 1); ++dy)
      for (int dx = 0; dx < (halved ? 2 : 1); ++dx)
        covered += drawn(std::min((halved ? x / 2 * 2 : x) + dx, width - 1),
                         std::min((halved ? y / 2 * 2 : y) + dy, height - 1));
    const double part = halved ? covered / 4 : covered;
    const auto up = [](double value) { return std::floor(value + 0.5); };
    return static_cast<int>(up(before.at(x, y)[component] * (255 - up(alpha * part)) / 255) +
                            up(up(colour[component] * alpha / 255) * part));
  };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(frame.at(x, y)[c], expected(x, y, c)) << x << ", " << y << ", " << c;
  EXPECT_TRUE(frame.keeps_other_bytes(before));
}

TEST_P(EveryFormat, LeavesTheFrameAloneAtOpacity0) {
  const auto [format, width, height] = GetParam();
  TestMask mask(width, height, {kNothing, kRed});
  mask.paint([](int x, int) { return x % 2; });
  TestFrame frame(format, width, height);
  const TestFrame before = frame;
  draw(frame, mask.over(width, height), plain(0.0));
  EXPECT_EQ(frame.bytes, before.bytes);
}

TEST_P(EveryFormat, ShowsTheBareColourAtOpacity1) {
  const auto [format, width, height] = GetParam();
  TestMask mask(width, height, {kRed});
  TestFrame frame(format, width, height);
  draw(frame, mask.over(width, height), plain(1.0));
  const auto colour = components(format, kRed.colour);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) ASSERT_EQ(frame.at(x, y)[c], std::lround(colour[c]));
}

TEST(OverlayColours, FollowMatrixAndRangeOfTheFrame) {
  const auto red = [](ColourMatrix matrix, ColourRange range) {
    TestMask mask(2, 2, {kRed});
    TestFrame frame(PixelFormat::kI420, 2, 2);
    Canvas canvas = frame.canvas();
    canvas.matrix = matrix;
    canvas.range = range;
    const OverlayMask over = mask.over(2, 2);
    OverlayRenderer().draw(canvas, std::span(&over, 1), plain(1.0));
    return frame.at(0, 0);
  };
  // The values of saturated red in the recommendations.
  EXPECT_EQ(red(ColourMatrix::kBt601, ColourRange::kLimited), (Sample{81, 90, 240}));
  EXPECT_EQ(red(ColourMatrix::kBt709, ColourRange::kLimited), (Sample{63, 102, 240}));
  EXPECT_EQ(red(ColourMatrix::kBt2020, ColourRange::kLimited), (Sample{74, 97, 240}));
  EXPECT_EQ(red(ColourMatrix::kBt601, ColourRange::kFull), (Sample{76, 85, 255}));
}

TEST(OverlayColours, OfI420AndRgbAgreeWithinThreeLevels) {
  constexpr int kWidth = 96, kHeight = 64;
  std::vector<OverlayRegion> regions;
  for (int i = 0; i < 6; ++i) regions.push_back({"", palette_colour(i), 0, true});
  TestMask mask(kWidth, kHeight, regions);
  mask.paint([](int x, int y) { return x / 32 + y / 32 * 3; });
  TestFrame rgb(PixelFormat::kRgb, kWidth, kHeight, 0),
      i420(PixelFormat::kI420, kWidth, kHeight, 0);
  rgb.fill({90, 120, 70});
  const auto background = components(PixelFormat::kI420, 0x5a7846);
  i420.fill({static_cast<int>(std::lround(background[0])),
             static_cast<int>(std::lround(background[1])),
             static_cast<int>(std::lround(background[2]))});
  const OverlaySettings settings = plain(0.5, 22);  // two of these pixels
  draw(rgb, mask.over(kWidth, kHeight), settings);
  draw(i420, mask.over(kWidth, kHeight), settings);
  cv::Mat converted;
  cv::cvtColor(cv::Mat(kHeight * 3 / 2, kWidth, CV_8U, i420.bytes.data()), converted,
               cv::COLOR_YUV2RGB_I420);
  const cv::Mat drawn(kHeight, kWidth, CV_8UC3, rgb.bytes.data());
  cv::Mat difference;
  cv::absdiff(converted, drawn, difference);
  double largest = 0;
  cv::minMaxLoc(difference.reshape(1), nullptr, &largest);
  EXPECT_LE(largest, 3);
}

TEST(OverlayColours, TellThirtyClassesApart) {
  std::vector<OverlayRegion> regions;
  for (int i = 0; i < 30; ++i) regions.push_back({"", palette_colour(i), 0, true});
  TestMask mask(60, 4, regions);
  mask.paint([](int x, int) { return x / 2; });
  for (const PixelFormat format : kAllFormats) {
    TestFrame frame(format, 60, 4);
    frame.fill({128, 128, 128});
    draw(frame, mask.over(60, 4), plain(0.5));
    for (int a = 0; a < 30; ++a)
      for (int b = 0; b < a; ++b) {
        const Sample one = frame.at(2 * a, 1), other = frame.at(2 * b, 1);
        int distance = 0;
        for (int c = 0; c < 3; ++c) distance += std::abs(one[c] - other[c]);
        EXPECT_GE(distance, 8) << a << " and " << b << " in format " << static_cast<int>(format);
      }
  }
}

TEST(OverlayMasks, OfFrameSizeAreDrawnPixelByPixel) {
  TestMask mask(7, 5, {kNothing, kRed, kGreen});
  const auto label = [](int x, int y) { return (x * 5 + y * 3) % 3; };
  mask.paint(label);
  TestFrame frame(PixelFormat::kRgb, 7, 5);
  frame.fill({1, 2, 3});
  draw(frame, mask.over(7, 5), plain(1.0));
  const Sample expected[] = {{1, 2, 3}, {255, 0, 0}, {0, 255, 0}};
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 7; ++x) EXPECT_EQ(frame.at(x, y), expected[label(x, y)]) << x << ", " << y;
}

TEST(OverlayMasks, OfOtherShapesAreNotSheared) {
  // Two blocks in opposite corners of a wide mask on a tall frame.
  TestMask mask(30, 12, {kNothing, kRed, kGreen});
  mask.paint([](int x, int y) { return x < 10 && y < 4 ? 1 : x >= 20 && y >= 8 ? 2 : 0; });
  TestFrame frame(PixelFormat::kRgb, 60, 120);
  frame.fill({9, 9, 9});
  draw(frame, mask.over(60, 120), plain(1.0));
  for (int y = 0; y < 120; ++y)
    for (int x = 0; x < 60; ++x) {
      // The bell is two mask pixels wide: 4 x 20 pixels of the frame.
      if (std::abs(x - 20) < 5 || std::abs(x - 40) < 5 || std::abs(y - 40) < 21 ||
          std::abs(y - 80) < 21)
        continue;
      const Sample expected = x < 20 && y < 40     ? Sample{255, 0, 0}
                              : x >= 40 && y >= 80 ? Sample{0, 255, 0}
                                                   : Sample{9, 9, 9};
      ASSERT_EQ(frame.at(x, y), expected) << x << ", " << y;
    }
}

TEST(OverlayMasks, CoverTheirRectangleAlone) {
  TestMask mask(3, 2, {kRed, kGreen});
  mask.paint([](int x, int) { return x == 2; });
  TestFrame frame(PixelFormat::kRgb, 8, 6);
  frame.fill({9, 9, 9});
  draw(frame, mask.over_area(2, 1, 3, 2), plain(1.0));
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 8; ++x) {
      const bool inside = x >= 2 && x < 5 && y >= 1 && y < 3;
      const Sample expected = !inside  ? Sample{9, 9, 9}
                              : x == 4 ? Sample{0, 255, 0}
                                       : Sample{255, 0, 0};
      EXPECT_EQ(frame.at(x, y), expected) << x << ", " << y;
    }
}

TEST(OverlayMasks, AreCutAtTheFramesEdges) {
  TestMask mask(10, 10, {kNothing, kRed});
  mask.paint([](int x, int y) { return x >= 5 && y >= 5; });
  for (const PixelFormat format : kAllFormats) {
    TestFrame frame(format, 6, 6);
    const TestFrame before = frame;
    draw(frame, mask.over_area(-4, -3, 10, 10), plain(1.0, 2));
    EXPECT_TRUE(frame.keeps_other_bytes(before));
    EXPECT_EQ(frame.at(0, 0)[0], before.at(0, 0)[0]);
    EXPECT_EQ(frame.at(1, 2)[0], std::lround(components(format, kRed.colour)[0]));
    draw(frame, mask.over_area(50, 50, 10, 10), plain(1.0, 2));
    draw(frame, mask.over_area(-50, -50, 10, 10), plain(1.0, 2));
  }
}

TEST(OverlayMasks, MayHaveTwoBytesALabelAndLabelsOfNoRegion) {
  std::vector<OverlayRegion> regions(301, kNothing);
  regions[300] = kRed;
  TestMask mask(3, 2, regions, 2);
  // 44 is 300's low byte, 301 is no region.
  const int labels[] = {300, 44, 301, 301, 300, 44};
  mask.paint([&](int x, int y) { return labels[y * 3 + x]; });
  TestFrame frame(PixelFormat::kRgb, 3, 2);
  frame.fill({9, 9, 9});
  draw(frame, mask.over(3, 2), plain(1.0));
  for (int i = 0; i < 6; ++i) {
    const Sample expected = labels[i] == 300 ? Sample{255, 0, 0} : Sample{9, 9, 9};
    EXPECT_EQ(frame.at(i % 3, i / 3), expected) << i;
  }
}

TEST(OverlayMasks, SmallerThanTheFrameHaveSmoothEdges) {
  TestMask mask(8, 8, {kNothing, kRed});
  mask.paint([](int x, int) { return x < 4; });
  TestFrame frame(PixelFormat::kRgb, 64, 64);
  frame.fill({0, 0, 0});
  draw(frame, mask.over(64, 64), plain(1.0));
  EXPECT_EQ(frame.at(15, 32)[0], 255);
  EXPECT_EQ(frame.at(48, 32)[0], 0);
  for (int x = 1; x < 64; ++x) {
    const int step = frame.at(x - 1, 32)[0] - frame.at(x, 32)[0];
    EXPECT_GE(step, 0) << x;
    EXPECT_LE(step, 40) << x;
  }
  EXPECT_NEAR(frame.at(31, 32)[0] + frame.at(32, 32)[0], 255, 2) << "the border has moved";
}

TEST(OverlayMasks, SmallerThanTheFrameLeaveNoGapsWhereManyClassesMeet) {
  TestMask mask(12, 9, {kRed, kGreen, {"blue", 0x0000ff, 0.2, true}});
  mask.paint([](int x, int y) { return (x * x + 5 * y + x * y) % 3; });
  for (const int contours : {0, 2, 9}) {
    TestFrame frame(PixelFormat::kRgb, 85, 64);
    frame.fill({0, 0, 0});
    RegionPainter painter;
    OverlayLayer layer;
    painter.paint(mask.over(85, 64), frame.canvas(), 1.0, contours, layer);
    layer.draw(frame.canvas());
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 85; ++x) {
        const Sample pixel = frame.at(x, y);
        ASSERT_NEAR(pixel[0] + pixel[1] + pixel[2], 255, 2) << x << ", " << y;
      }
  }
}

TEST(OverlayContours, AreAsWideAsAskedAlongTheInsideOfARegion) {
  for (const int width : {1, 2, 3, 6, 9}) {
    TestMask mask(40, 40, {kNothing, kRed, kGreen});
    mask.paint([](int x, int) { return x < 13 ? 1 : x < 27 ? 2 : 0; });
    TestFrame frame(PixelFormat::kRgb, 40, 40);
    frame.fill({0, 0, 0});
    draw_lines(frame, mask.over(40, 40), width);
    for (int x = 0; x < 40; ++x) {
      const bool red = x < 13 && x >= 13 - width;
      const bool green = x >= 13 && x < 27 && (x < 13 + width || x >= 27 - width);
      EXPECT_EQ(frame.at(x, 20), (Sample{255 * red, 255 * green, 0})) << width << " at " << x;
    }
  }
}

TEST(OverlayContours, AreAsWideAroundADisc) {
  constexpr double kRadius = 40.0;
  for (const int width : {1, 2, 4, 7, 8, 9, 12}) {
    TestMask mask(100, 100, {kNothing, kRed});
    mask.paint([](int x, int y) { return std::hypot(x - 49.5, y - 49.5) < kRadius; });
    TestFrame frame(PixelFormat::kRgb, 100, 100);
    frame.fill({0, 0, 0});
    draw_lines(frame, mask.over(100, 100), width);
    double sum = 0.0;
    for (int y = 0; y < 100; ++y)
      for (int x = 0; x < 100; ++x) sum += frame.at(x, y)[0] / 255.0;
    const double inside = kRadius - width;
    const double ring = M_PI * (kRadius * kRadius - inside * inside);
    EXPECT_NEAR(sum / ring, 1.0, width == 1 ? 0.12 : 0.06) << "of width " << width;
  }
}

TEST(OverlayContours, KeepTheirWidthOnEnlargedMasks) {
  for (const int scale : {2, 3, 8}) {
    for (const int width : {1, 2, 4, 8}) {
      TestMask mask(20, 20, {kNothing, kRed});
      mask.paint([](int x, int) { return x < 10; });
      const int size = 20 * scale;
      TestFrame frame(PixelFormat::kRgb, size, size);
      frame.fill({0, 0, 0});
      draw_lines(frame, mask.over(size, size), width);
      double sum = 0;
      for (int x = 0; x < size; ++x) {
        sum += frame.at(x, size / 2)[0] / 255.0;
        const int outside = x > 10 * scale ? frame.at(x, size / 2)[0] : 0;
        EXPECT_EQ(outside, 0) << "at " << x;
      }
      EXPECT_NEAR(sum, width, 0.4) << "scale " << scale;
    }
  }
}

TEST(OverlayContours, GrowWithTheFrame) {
  const auto width = [](int contours, int frame_width, int frame_height, double pixel_aspect = 1) {
    Canvas canvas;
    canvas.width = frame_width;
    canvas.height = frame_height;
    canvas.pixel_aspect = pixel_aspect;
    return contour_width(contours, canvas);
  };
  EXPECT_EQ(width(2, 1280, 720), 2);
  EXPECT_EQ(width(2, 1920, 1080), 3);
  EXPECT_EQ(width(2, 3840, 2160), 6);
  EXPECT_EQ(width(2, 1080, 1920), 3) << "of the same picture, upright";
  EXPECT_EQ(width(1, 160, 120), 1);
  EXPECT_EQ(width(0, 3840, 2160), 0);
  EXPECT_EQ(width(2, 640, 720, 2.0), 2);
  EXPECT_EQ(width(1, 320, 360, 2.0), 2) << "a column is as wide as two rows";
  // As they are drawn.
  TestMask mask(48, 27, {kNothing, kRed});
  mask.paint([](int x, int) { return x < 24; });
  TestFrame frame(PixelFormat::kRgb, 1920, 1080);
  frame.fill({0, 0, 0});
  draw(frame, mask.over(1920, 1080), plain(0.0, 2));
  double sum = 0;
  for (int x = 0; x < 1920; ++x) sum += frame.at(x, 540)[0] / 255.0;
  EXPECT_NEAR(sum, 3, 0.4);
}

/// How wide lines are across, and down, where a block's sides are.
std::pair<double, double> line_widths(int mask_side, int scale_x, int scale_y, double line,
                                      double pixel_aspect) {
  TestMask mask(mask_side, mask_side, {kNothing, kRed});
  const auto inside = [=](int at) { return at >= mask_side / 4 && at < mask_side * 3 / 4; };
  mask.paint([=](int x, int y) { return inside(x) && inside(y); });
  const int width = mask_side * scale_x, height = mask_side * scale_y;
  TestFrame frame(PixelFormat::kRgb, width, height);
  frame.fill({0, 0, 0});
  draw_lines(frame, mask.over(width, height), line, pixel_aspect);
  double across = 0, down = 0;
  for (int x = 0; x < width; ++x) across += frame.at(x, height / 2)[0] / 255.0;
  for (int y = 0; y < height; ++y) down += frame.at(width / 2, y)[0] / 255.0;
  return {across / 2, down / 2};
}

TEST(OverlayContours, AreEquallyWideOnDisplayInAllDirections) {
  for (const double line : {2.0, 4.0, 9.0})
    for (const int scale : {1, 3}) {
      const auto [across_wide, down_wide] = line_widths(80, scale, scale, line, 2.0);
      EXPECT_NEAR(across_wide, line / 2, 0.4) << line << " at scale " << scale;
      EXPECT_NEAR(down_wide, line, 0.5) << line << " at scale " << scale;
      const auto [across_tall, down_tall] = line_widths(80, scale, scale, line, 0.5);
      EXPECT_NEAR(across_tall, line * 2, 0.8) << line << " at scale " << scale;
      EXPECT_NEAR(down_tall, line, 0.5) << line << " at scale " << scale;
      // Cells that are square again on display, and PAL's wide pixels.
      const auto [across_square, down_square] = line_widths(80, scale, 2 * scale, line, 2.0);
      EXPECT_NEAR(across_square, line / 2, 0.4) << line << " at scale " << scale;
      EXPECT_NEAR(down_square, line, 0.5) << line << " at scale " << scale;
      const auto [across_pal, down_pal] = line_widths(80, scale, scale, line, 64.0 / 45);
      EXPECT_NEAR(across_pal, line * 45 / 64, 0.4) << line << " at scale " << scale;
      EXPECT_NEAR(down_pal, line, 0.5) << line << " at scale " << scale;
    }
}

TEST(OverlayContours, LeaveOutSpeckles) {
  for (const double pixel_aspect : {1.0, 2.0})
    for (const int scale : {1, 2, 3})
      for (const double line : {2.0, 9.0}) {
        TestMask mask(100, 60, {kNothing, kRed, kGreen});
        // A green half with a red speckle, a speckle of nothing, and a red part that is no speckle.
        mask.paint([](int x, int y) {
          const bool speckle = x / 3 == 20 && y / 2 == 15, hole = x / 2 == 42 && y / 2 == 14;
          const bool part = x / 4 == 18 && y / 4 == 12;
          return speckle || part ? 1 : x >= 40 && !hole ? 2 : 0;
        });
        TestFrame frame(PixelFormat::kRgb, 100 * scale, 60 * scale);
        frame.fill({0, 0, 0});
        draw_lines(frame, mask.over(100 * scale, 60 * scale), line, pixel_aspect);
        const auto lines_in = [&](int left, int top, int right, int bottom) {
          double sum = 0;
          for (int y = top * scale; y < bottom * scale; ++y)
            for (int x = left * scale; x < right * scale; ++x)
              sum += frame.at(x, y)[0] + frame.at(x, y)[1];
          return sum;
        };
        const auto what = ::testing::Message() << scale << ", " << line << ", " << pixel_aspect;
        EXPECT_EQ(lines_in(52, 24, 68, 36), 0) << "the speckle, " << what;
        EXPECT_EQ(lines_in(76, 20, 90, 36), 0) << "the hole, " << what;
        EXPECT_GT(lines_in(72, 48, 76, 52), 1000) << "the part, " << what;
        EXPECT_GT(lines_in(40, 10, 42, 50), 1000) << "the half, " << what;
      }
}

TEST(OverlayMasks, AreFilledDownToTheSmallestSpeckle) {
  TestMask mask(100, 60, {kNothing, kRed});
  mask.set(50, 30, 1);
  TestFrame frame(PixelFormat::kRgb, 100, 60);
  frame.fill({9, 9, 9});
  draw(frame, mask.over(100, 60), plain(1.0, 2));
  EXPECT_EQ(frame.at(50, 30), (Sample{255, 0, 0}));
}

TEST(OverlaySpeckles, AreConnectedPartsOfFewerCells) {
  // Classes as letters; runs are found row by row.
  const std::vector<std::string> rows = {
      "aaaabaaaaacc",
      "aaabaaaaaacc",
      "aabaaddaaaaa",
      "aaaaadaaaaab",
  };
  std::vector<std::uint16_t> cells;
  for (const std::string &row : rows) cells.insert(cells.end(), row.begin(), row.end());
  const auto found = [&](int least) {
    SpeckleFinder finder;
    std::string result;
    for (const CellRun &run : finder.find(cells.data(), 12, 12, 4, least))
      for (int x = run.begin; x < run.end; ++x) result += rows[run.row][x];
    return result;
  };
  EXPECT_EQ(found(0), "");
  EXPECT_EQ(found(2), "b") << "three that touch at corners are one part";
  EXPECT_EQ(found(4), "bbbdddb");
  EXPECT_EQ(found(5).size(), 11U);
}

TEST(OverlayContours, OfAnEnlargedSlopeFollowTheSlopeWithoutJags) {
  // A staircase of one step in four: the line may stray by less than half a step from the slope.
  TestMask mask(80, 40, {kNothing, kRed});
  mask.paint([](int x, int y) { return 4 * y >= x + 40; });
  for (const int width : {2, 12}) {
    TestFrame frame(PixelFormat::kRgb, 480, 240);
    frame.fill({0, 0, 0});
    draw_lines(frame, mask.over(480, 240), width);
    int blended = 0;
    for (int x = 60; x < 300; ++x) {
      int y = 0;
      while (y < 240 && frame.at(x, y)[0] < 128) ++y;
      EXPECT_NEAR(y, (x + 240) / 4.0 + 2.25, 2.8) << x;
      const int edge = frame.at(x, y)[0], before = frame.at(x, y - 1)[0];
      blended += (edge > 20 && edge < 235) || (before > 20 && before < 235);
    }
    EXPECT_GT(blended, 120) << "of 240 columns, contours " << width;
  }
}

TEST(OverlayRenderer, RefusesGreyFrames) {
  TestMask mask(2, 2, {kRed});
  const OverlayMask over = mask.over(2, 2);
  std::uint8_t bytes[4] = {};
  Canvas canvas;
  canvas.format = PixelFormat::kGray8;
  canvas.width = canvas.height = 2;
  canvas.planes[0] = bytes;
  canvas.strides[0] = 2;
  EXPECT_THROW(OverlayRenderer().draw(canvas, std::span(&over, 1), plain(1.0)), Error);
}

TEST(OverlayRenderer, NoticesWhatChangesFromFrameToFrame) {
  OverlayRenderer kept;
  TestMask mask(30, 20, {kNothing, kRed, kGreen});
  const auto agree = [&](PixelFormat format, int width, int height,
                         const OverlaySettings &settings) {
    TestFrame one(format, width, height), other(format, width, height);
    const OverlayMask over = mask.over(width, height);
    for (int repeat = 0; repeat < 2; ++repeat) {
      one = other = TestFrame(format, width, height);
      kept.draw(one.canvas(), std::span(&over, 1), settings);
      draw(other, over, settings);
      EXPECT_EQ(one.bytes, other.bytes);
    }
  };
  OverlaySettings settings;
  settings.labels = true;
  agree(PixelFormat::kI420, 90, 61, settings);
  mask.set(29, 19, 1);
  agree(PixelFormat::kI420, 90, 61, settings);
  mask.paint([](int x, int) { return x < 9 ? 2 : 1; });
  agree(PixelFormat::kI420, 90, 61, settings);
  settings.opacity = 0.9;
  agree(PixelFormat::kI420, 90, 61, settings);
  settings.legend = LegendPlace::kNone;
  agree(PixelFormat::kI420, 90, 61, settings);
  agree(PixelFormat::kNv12, 90, 61, settings);
  agree(PixelFormat::kBgra, 33, 17, settings);
}

TEST(OverlayRenderer, DrawsSeveralMasksOverOneAnother) {
  TestMask below(4, 1, {kRed}), above(4, 1, {kNothing, kGreen});
  above.paint([](int x, int) { return x < 2; });
  TestFrame frame(PixelFormat::kRgb, 4, 1);
  const OverlayMask masks[] = {below.over(4, 1), above.over(4, 1)};
  OverlayRenderer().draw(frame.canvas(), masks, plain(1.0));
  EXPECT_EQ(frame.at(1, 0), (Sample{0, 255, 0}));
  EXPECT_EQ(frame.at(2, 0), (Sample{255, 0, 0}));
}

}  // namespace
}  // namespace naclip::testing
