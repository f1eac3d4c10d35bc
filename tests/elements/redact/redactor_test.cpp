// What covered pixels become, in every format.
#include "elements/redact/redactor.h"

#include <gtest/gtest.h>

#include <bit>
#include <utility>

#include "tests/elements/overlay/overlay_frames.h"

namespace naclip::testing {
namespace {

constexpr Colour kOrange = 0xff8000;
constexpr RedactMode kModes[] = {RedactMode::kFill, RedactMode::kPixelate, RedactMode::kBlur};
const std::pair<int, int> kSizes[] = {{1, 1}, {2, 2}, {5, 7}, {17, 33}, {64, 48}};

void redact(TestFrame &frame, const CoveredArea &area, RedactMode mode, double strength = 0.125) {
  Redactor redactor;
  redactor.draw(frame.canvas(), area, {mode, kOrange, strength});
}

/// Some parts of a frame, at odd places.
CoveredArea parts_of(int width, int height) {
  const cv::Rect whole(0, 0, width, height);
  CoveredArea area;
  for (const cv::Rect &rectangle :
       {cv::Rect(width / 3, height / 3, width / 4 + 1, height / 4 + 1),
        cv::Rect(width / 3 + 1, height / 3 + 1, width / 4 + 1, height / 4 + 1),
        cv::Rect(width - 1, height - 1, 1, 1)})
    area.push_back(rectangle & whole);
  return area;
}

bool holds(const CoveredArea &area, int x, int y) {
  for (const cv::Rect &rectangle : area)
    if (rectangle.contains({x, y})) return true;
  return false;
}

/// Whether a component of that pixel is to be replaced.
bool is_covered(const TestFrame &frame, const CoveredArea &area, int x, int y, int component) {
  if (!is_ycbcr(frame.format()) || component == 0) return holds(area, x, y);
  for (const int dy : {0, 1})
    for (const int dx : {0, 1})
      if (holds(area, x / 2 * 2 + dx, y / 2 * 2 + dy)) return true;
  return false;
}

TEST(Redactor, FillWritesTheColourWhereACoveredPixelIsAndNowhereElse) {
  for (const PixelFormat format : kAllFormats)
    for (const auto &[width, height] : kSizes) {
      const TestFrame before(format, width, height);
      TestFrame frame = before;
      const CoveredArea area = parts_of(width, height);
      redact(frame, area, RedactMode::kFill);
      const Sample colour = is_ycbcr(format) ? Sample{146, 53, 193} : Sample{255, 128, 0};
      std::vector<bool> seen(frame.bytes.size());
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          for (int c = 0; c < 3; ++c) {
            const std::size_t at = frame.position(x, y, c);
            seen[at] = true;
            const bool covered = is_covered(frame, area, x, y, c);
            const int expected = covered ? colour[static_cast<std::size_t>(c)] : before.bytes[at];
            ASSERT_NEAR(frame.bytes[at], expected, covered ? 1 : 0)
                << layout_of(format).name << ' ' << x << ' ' << y << ' ' << c;
          }
      // Padding stays; alpha becomes opaque under what is covered.
      for (std::size_t i = 0; i < seen.size(); ++i)
        if (!seen[i] && frame.bytes[i] != before.bytes[i]) {
          EXPECT_EQ(frame.bytes[i], 255);
          EXPECT_EQ(plane_layouts(format)[0].bytes_per_sample, 4);
        }
    }
}

TEST(Redactor, NoModeTouchesWhatIsNotCovered) {
  for (const RedactMode mode : kModes)
    for (const PixelFormat format : kAllFormats)
      for (const auto &[width, height] : kSizes) {
        const TestFrame before(format, width, height, 16);
        TestFrame frame = before;
        const CoveredArea area = parts_of(width, height);
        redact(frame, area, mode);
        for (int y = 0; y < height; ++y)
          for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
              const std::size_t at = frame.position(x, y, c);
              if (is_covered(frame, area, x, y, c)) continue;
              ASSERT_EQ(frame.bytes[at], before.bytes[at]) << x << ' ' << y << ' ' << c;
            }
      }
}

TEST(Redactor, FillShowsNothingOfWhatItCovers) {
  for (const PixelFormat format : kAllFormats) {
    TestFrame one(format, 33, 21), other = one;
    const CoveredArea area = parts_of(33, 21);
    for (std::size_t i = 0; i < other.bytes.size(); ++i)
      other.bytes[i] = static_cast<std::uint8_t>(~other.bytes[i]);
    for (int y = 0; y < 21; ++y)
      for (int x = 0; x < 33; ++x)
        for (int c = 0; c < 3; ++c)
          if (!is_covered(one, area, x, y, c))
            other.bytes[other.position(x, y, c)] = one.bytes[one.position(x, y, c)];
    redact(one, area, RedactMode::kFill);
    redact(other, area, RedactMode::kFill);
    for (int y = 0; y < 21; ++y)
      for (int x = 0; x < 33; ++x) {
        EXPECT_EQ(one.at(x, y), other.at(x, y)) << layout_of(format).name;
        // Nor does the byte of alpha.
        if (plane_layouts(format)[0].bytes_per_sample == 4 && holds(area, x, y)) {
          const std::size_t pixel = one.position(x, y, 1) - 1;
          EXPECT_EQ(one.bytes[pixel + 3], other.bytes[pixel + 3]);
        }
      }
  }
}

/// Turns each cell of a plane by half a turn: its samples change places, its mean does not.
void turn_cells(TestFrame &frame, int component, int side, int step) {
  const TestFrame before = frame;
  for (int y = 0; y < frame.height(); y += step)
    for (int x = 0; x < frame.width(); x += step) {
      const int column = x / side * side + side - step - x % side;
      const int row = y / side * side + side - step - y % side;
      frame.bytes[frame.position(x, y, component)] =
          before.bytes[before.position(column, row, component)];
    }
}

TEST(Redactor, PixelateAndBlurShowNothingOfACellButItsMean) {
  for (const RedactMode mode : {RedactMode::kPixelate, RedactMode::kBlur})
    for (const PixelFormat format : kAllFormats) {
      TestFrame one(format, 128, 64), other = one;
      // The covered part is 64 high and its cells are 16 x 16, of which 6 x 4 lie inside.
      const CoveredArea area{{16, 0, 96, 64}};
      ASSERT_EQ(cell_side(64, tallest_part(area, {128, 64}), 0.25), 16);
      for (int c = 0; c < 3; ++c) turn_cells(other, c, 16, c > 0 && is_ycbcr(format) ? 2 : 1);
      ASSERT_NE(one.bytes, other.bytes);
      redact(one, area, mode, 0.25);
      redact(other, area, mode, 0.25);
      for (int y = 0; y < 64; ++y)
        for (int x = 16; x < 112; ++x)
          ASSERT_EQ(one.at(x, y), other.at(x, y)) << layout_of(format).name << ' ' << x << ' ' << y;
    }
}

TEST(Redactor, AThinCoveredPartShowsTheMeanOfAllAroundIt) {
  TestFrame frame(PixelFormat::kRgb, 64, 64);
  frame.fill({10, 20, 30});
  for (int c = 0; c < 3; ++c) frame.bytes[frame.position(20, 20, c)] = 255;
  redact(frame, {{20, 20, 1, 1}}, RedactMode::kPixelate);
  const Sample shown = frame.at(20, 20);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_LT(shown[c], 110);
}

TEST(Redactor, CellsAreAsWideAsAPartOfTheTallestRegionAndNeverNarrower) {
  for (const double strength : {0.125, 0.25, 0.7, 1.0})
    for (int height = 1; height < 1080; height += 13) {
      const int side = cell_side(1080, height, strength);
      EXPECT_GE(side, strength * height);
      EXPECT_GE(side, 24) << "16 lines of 720";
      EXPECT_LT(side, std::max(2 * strength * height + 2, 64.0));
      EXPECT_TRUE(std::has_single_bit(static_cast<unsigned>(side)));
    }
  for (const auto &[width, height] : {std::pair{203, 177}, {300, 90}, {64, 200}}) {
    TestFrame frame(PixelFormat::kRgb, width, height);
    const CoveredArea area = whole_area({width, height});
    const int side = cell_side(height, height, 0.125);
    redact(frame, area, RedactMode::kPixelate);
    int run = 1;
    for (int x = 1; x <= width; ++x, ++run)
      if (x == width || frame.at(x, height / 2) != frame.at(x - 1, height / 2)) {
        EXPECT_GE(run, side) << width << ' ' << x;
        run = 0;
      }
  }
}

TEST(Redactor, AnEvenPictureStaysEven) {
  for (const RedactMode mode : {RedactMode::kPixelate, RedactMode::kBlur})
    for (const PixelFormat format : kAllFormats)
      for (const auto &[width, height] : {std::pair{1, 1}, {37, 23}, {130, 71}, {333, 187}})
        for (const double strength : {0.125, 1.0}) {
          TestFrame frame(format, width, height);
          frame.fill({90, 130, 200});
          const TestFrame before = frame;
          const cv::Rect whole(0, 0, width, height);
          for (int i = 0; i < 9; ++i) {
            const cv::Rect part(width * i / 10, height * (9 - i) / 11, width / 7 + 1,
                                height / 5 + 1);
            redact(frame, {part & whole}, mode, strength);
          }
          for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
              ASSERT_EQ(frame.at(x, y), before.at(x, y))
                  << layout_of(format).name << ' ' << x << ' ' << y;
        }
}

TEST(Redactor, BlurHasNoStepsWherePixelateHas) {
  const auto largest_step = [](RedactMode mode) {
    TestFrame frame(PixelFormat::kRgb, 128, 128);
    for (int y = 0; y < 128; ++y)
      for (int x = 0; x < 128; ++x)
        frame.bytes[frame.position(x, y, 0)] = static_cast<std::uint8_t>(x + y);
    redact(frame, whole_area({128, 128}), mode, 0.25);
    int step = 0;
    for (int y = 1; y < 128; ++y)
      for (int x = 1; x < 128; ++x)
        step = std::max({step, std::abs(frame.at(x, y)[0] - frame.at(x - 1, y)[0]),
                         std::abs(frame.at(x, y)[0] - frame.at(x, y - 1)[0])});
    return step;
  };
  EXPECT_EQ(largest_step(RedactMode::kPixelate), 32);
  EXPECT_LE(largest_step(RedactMode::kBlur), 2);
}

TEST(TallestPart, MeasuresConnectedParts) {
  const cv::Size frame(640, 360);
  EXPECT_EQ(tallest_part({}, frame), 0);
  EXPECT_NEAR(tallest_part({{10, 10, 20, 100}, {300, 200, 30, 60}}, frame), 104, 4);
  EXPECT_NEAR(tallest_part({{10, 10, 20, 100}, {25, 110, 30, 60}}, frame), 164, 4) << "they touch";
  EXPECT_EQ(tallest_part(whole_area(frame), frame), 360);
  EXPECT_EQ(tallest_part(whole_area({1, 1}), {1, 1}), 1);
}

}  // namespace
}  // namespace naclip::testing
