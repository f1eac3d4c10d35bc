// Masks carried over what moves, covers, grows and ends.
#include "model/motion/mask_carrier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>

#include "model/base/count_labels.h"
#include "model/cuda/preprocess.cuh"
#include "model/error.h"

namespace naclip {
namespace {

/// Random texture of blobs that large, pixels.
cv::Mat texture(int height, int width, std::uint64_t seed, double blobs = 6.0) {
  cv::RNG random(seed);
  cv::Mat levels(height, width, CV_8U);
  random.fill(levels, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(levels, levels, {0, 0}, blobs);
  cv::normalize(levels, levels, 20, 235, cv::NORM_MINMAX);
  return levels;
}

Picture view(const cv::Mat &grey) {
  Picture picture;
  picture.format = PixelFormat::kGray8;
  picture.width = grey.cols;
  picture.height = grey.rows;
  picture.planes[0] = grey.data;
  picture.strides[0] = static_cast<std::ptrdiff_t>(grey.step[0]);
  return picture;
}

FlowPicture shrunk(const cv::Mat &grey) {
  return FlowPicture::of(view(grey));
}

MaskView view_of(const cv::Mat &mask) {
  return {mask.cols, mask.rows, static_cast<int>(mask.elemSize()), mask.data};
}

/// A frame and its true mask: a textured thing, label 7, on a textured ground, label 2.
struct Shot {
  cv::Mat picture, mask;
};

Shot with_thing(cv::Rect where, int height = 360, int width = 640) {
  Shot shot{texture(height, width, 1), cv::Mat(height, width, CV_8U, cv::Scalar(2))};
  static const cv::Mat thing = texture(400, 400, 2, 15.0);
  const cv::Rect seen = where & cv::Rect(0, 0, width, height);
  for (int y = seen.y; y < seen.y + seen.height; ++y) {
    for (int x = seen.x; x < seen.x + seen.width; ++x) {
      // The thing's texture moves and grows with it.
      shot.picture.at<std::uint8_t>(y, x) = thing.at<std::uint8_t>(
          (y - where.y) * 400 / where.height, (x - where.x) * 400 / where.width);
      shot.mask.at<std::uint8_t>(y, x) = 7;
    }
  }
  return shot;
}

/// Intersection over union of label 7.
double overlap(const cv::Mat &truth, const std::vector<std::uint8_t> &found) {
  double both = 0, either = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool there = truth.data[i] == 7, seen = found[i] == 7;
    both += there && seen;
    either += there || seen;
  }
  return both / either;
}

/// Of the thing's pixels, the part that was found.
double found_part(const cv::Mat &truth, const std::vector<std::uint8_t> &found) {
  double there = 0, seen = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    there += truth.data[i] == 7;
    seen += truth.data[i] == 7 && found[i] == 7;
  }
  return seen / there;
}

/// Pixels that were and are none of the thing's but are called so, as a part of the thing. Ground
/// that it leaves was not seen before: nobody can know what is there.
double astray_part(const Shot &before, const Shot &now, const std::vector<std::uint8_t> &found) {
  double there = 0, astray = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    there += now.mask.data[i] == 7;
    astray += found[i] == 7 && now.mask.data[i] != 7 && before.mask.data[i] != 7;
  }
  return astray / there;
}

std::vector<std::uint8_t> carried(MaskCarrier &carrier, const Shot &before, const Shot &now) {
  std::vector<std::uint8_t> result;
  EXPECT_TRUE(
      carrier.carry(shrunk(before.picture), shrunk(now.picture), view_of(before.mask), result));
  return result;
}

/// Expects that the thing was followed.
void expect_followed(const Shot &before, const Shot &now, const std::vector<std::uint8_t> &found,
                     double least = 0.92, double most_astray = 0.08) {
  ASSERT_EQ(found.size(), now.mask.total());
  EXPECT_GE(found_part(now.mask, found), least);
  EXPECT_LE(astray_part(before, now, found), most_astray);
}

TEST(MaskCarrier, AStillPictureKeepsItsMask) {
  const Shot shot = with_thing({200, 100, 160, 120});
  std::vector<std::uint8_t> found;
  MaskCarrier carrier;
  ASSERT_TRUE(carrier.carry(shrunk(shot.picture), shrunk(shot.picture), view_of(shot.mask), found));
  EXPECT_EQ(0, std::memcmp(found.data(), shot.mask.data, found.size()));
}

TEST(MaskCarrier, FollowsAThingThatMoves) {
  const Shot before = with_thing({200, 100, 160, 120});
  for (const cv::Point way : {cv::Point{10, 0}, {-15, 6}, {0, -20}, {30, 15}}) {
    SCOPED_TRACE(way);
    MaskCarrier carrier;
    const Shot now = with_thing(cv::Rect(200, 100, 160, 120) + way);
    expect_followed(before, now, carried(carrier, before, now));
  }
}

TEST(MaskCarrier, FollowsAThingThatComesNearer) {
  const Shot before = with_thing({240, 120, 160, 120});
  const FlowPicture source = shrunk(before.picture);
  MaskCarrier carrier;
  std::vector<std::uint8_t> found;
  Shot now;
  for (int frame = 1; frame <= 8; ++frame) {
    now = with_thing({240 - 2 * frame, 120 - 3 * frame / 2, 160 + 4 * frame, 120 + 3 * frame});
    ASSERT_TRUE(carrier.carry(source, shrunk(now.picture), view_of(before.mask), found));
  }
  EXPECT_LE(found_part(now.mask, {before.mask.datastart, before.mask.dataend}), 0.7);
  expect_followed(before, now, found, 0.82);
}

TEST(MaskCarrier, FollowsFrameByFrameOverAThirdOfThePicture) {
  const Shot before = with_thing({60, 100, 160, 120});
  const FlowPicture source = shrunk(before.picture);
  MaskCarrier carrier;
  std::vector<std::uint8_t> found;
  // 12 pixels a frame over 20 frames: 240 of 640, more than the thing's own width.
  for (int frame = 1; frame <= 20; ++frame) {
    SCOPED_TRACE(frame);
    const Shot now = with_thing({60 + 12 * frame, 100, 160, 120});
    ASSERT_TRUE(carrier.carry(source, shrunk(now.picture), view_of(before.mask), found));
    expect_followed(before, now, found, 0.85, 0.3);
  }
}

TEST(MaskCarrier, FollowsACameraThatTurnsByAFifthOfThePictureAtOnce) {
  const cv::Mat wide = texture(360, 900, 3, 20.0);
  cv::Mat labels(360, 900, CV_8U, cv::Scalar(2));
  labels(cv::Rect(300, 120, 140, 120)) = 7;
  const auto seen = [&](int left) {
    return Shot{wide(cv::Rect(left, 0, 640, 360)).clone(),
                labels(cv::Rect(left, 0, 640, 360)).clone()};
  };
  MaskCarrier carrier;
  EXPECT_GE(overlap(seen(128).mask, carried(carrier, seen(0), seen(128))), 0.95);
}

TEST(MaskCarrier, WhatComesFromOutsideTakesTheEdgesLabel) {
  const cv::Mat wide = texture(360, 700, 3);
  cv::Mat mask(360, 640, CV_8U, cv::Scalar(2));
  mask(cv::Rect(600, 0, 40, 360)) = 7;
  const cv::Mat before = wide(cv::Rect(0, 0, 640, 360)), now = wide(cv::Rect(30, 0, 640, 360));
  MaskCarrier carrier;
  std::vector<std::uint8_t> found;
  ASSERT_TRUE(carrier.carry(shrunk(before), shrunk(now), view_of(mask), found));
  const cv::Mat labels(360, 640, CV_8U, found.data());
  EXPECT_EQ(cv::countNonZero(labels(cv::Rect(590, 20, 50, 320)) != 7), 0);
}

TEST(MaskCarrier, AThingThatIsCoveredGoesBehindWhatCoversIt) {
  // The thing passes behind a post of another label.
  const auto behind_post = [](int left) {
    Shot shot = with_thing({left, 100, 120, 120});
    texture(360, 80, 9).copyTo(shot.picture(cv::Rect(320, 0, 80, 360)));
    shot.mask(cv::Rect(320, 0, 80, 360)) = 4;
    return shot;
  };
  const Shot before = behind_post(190), now = behind_post(220);
  MaskCarrier carrier;
  std::vector<std::uint8_t> found;
  ASSERT_TRUE(
      carrier.carry(shrunk(before.picture), shrunk(now.picture), view_of(before.mask), found));
  const cv::Mat labels(360, 640, CV_8U, found.data());
  const cv::Mat post = labels(cv::Rect(326, 0, 68, 360));
  EXPECT_LE(cv::countNonZero(post != 4), 68 * 360 / 50);
  EXPECT_GE(found_part(now.mask, found), 0.95);
}

TEST(MaskCarrier, NothingIsCarriedOverACut) {
  const Shot before = with_thing({200, 100, 160, 120});
  const cv::Mat other = texture(360, 640, 77);
  std::vector<std::uint8_t> found{1, 2, 3};
  MaskCarrier carrier;
  EXPECT_FALSE(carrier.carry(shrunk(before.picture), shrunk(other), view_of(before.mask), found));
  EXPECT_EQ(found, (std::vector<std::uint8_t>{1, 2, 3}));
  // And the old scene is not believed again for having been seen before.
  EXPECT_FALSE(carrier.carry(shrunk(before.picture), shrunk(other), view_of(before.mask), found));
  EXPECT_TRUE(carrier.carry(shrunk(other), shrunk(other), view_of(before.mask), found));
}

TEST(MaskCarrier, NothingIsCarriedBetweenFramesOfDifferentShapes) {
  const Shot before = with_thing({20, 10, 60, 60}, 120, 200);
  std::vector<std::uint8_t> found;
  MaskCarrier carrier;
  EXPECT_FALSE(carrier.carry(shrunk(before.picture), shrunk(texture(200, 120, 1)),
                             view_of(before.mask), found));
}

TEST(MaskCarrier, ANewSourceStartsAnew) {
  MaskCarrier carrier;
  const Shot left = with_thing({100, 100, 160, 120}), right = with_thing({300, 120, 160, 120});
  const Shot later = with_thing({130, 100, 160, 120}), latest = with_thing({312, 120, 160, 120});
  expect_followed(left, later, carried(carrier, left, later));
  // A mask of a later frame that is still a little older than now.
  expect_followed(right, latest, carried(carrier, right, latest));
  carrier.reset();
  expect_followed(right, latest, carried(carrier, right, latest));
}

TEST(MaskCarrier, WideLabelsAreMovedWhole) {
  const Shot before = with_thing({200, 100, 160, 120}), now = with_thing({224, 112, 160, 120});
  cv::Mat wide;
  before.mask.convertTo(wide, CV_16U, 300.0, 5.0);  // 605 and 2105
  MaskCarrier carrier, other;
  std::vector<std::uint8_t> found, narrow;
  ASSERT_TRUE(carrier.carry(shrunk(before.picture), shrunk(now.picture), view_of(wide), found));
  ASSERT_TRUE(
      other.carry(shrunk(before.picture), shrunk(now.picture), view_of(before.mask), narrow));
  ASSERT_EQ(found.size(), 2 * narrow.size());
  for (std::size_t i = 0; i < narrow.size(); ++i)
    ASSERT_EQ(found[2 * i] | found[2 * i + 1] << 8, 300 * narrow[i] + 5) << i;
}

TEST(MaskCarrier, MasksOfOtherSizesThanTheFrameAreCarried) {
  const Shot before = with_thing({200, 100, 160, 120}), now = with_thing({230, 110, 160, 120});
  for (const cv::Size size : {cv::Size(448, 336), {299, 168}, {1280, 720}, {37, 23}}) {
    cv::Mat mask, truth;
    cv::resize(before.mask, mask, size, 0, 0, cv::INTER_NEAREST);
    cv::resize(now.mask, truth, size, 0, 0, cv::INTER_NEAREST);
    MaskCarrier carrier;
    std::vector<std::uint8_t> found;
    ASSERT_TRUE(carrier.carry(shrunk(before.picture), shrunk(now.picture), view_of(mask), found));
    EXPECT_GE(found_part(truth, found), 0.89) << size;
  }
}

TEST(MaskCarrier, PicturesOfAnySizeAreCarried) {
  for (const cv::Size size : {cv::Size(1, 1),
                              {5, 3},
                              {3, 5},
                              {1, 400},
                              {400, 1},
                              {15, 15},
                              {16, 16},
                              {17, 33},
                              {121, 181},
                              {641, 361},
                              {999, 40}}) {
    const cv::Mat picture = texture(size.height, size.width, 5);
    cv::Mat mask(3, 5, CV_8U);
    cv::randu(mask, 0, 9);
    MaskCarrier carrier;
    std::vector<std::uint8_t> found;
    for (int again = 0; again < 2; ++again) {
      ASSERT_TRUE(carrier.carry(shrunk(picture), shrunk(picture), view_of(mask), found)) << size;
      EXPECT_EQ(0, std::memcmp(found.data(), mask.data, 15)) << size;
    }
    const cv::Mat one(1, 1, CV_8U, cv::Scalar(6));
    ASSERT_TRUE(carrier.carry(shrunk(picture), shrunk(picture), view_of(one), found));
    EXPECT_EQ(found, std::vector<std::uint8_t>{6});
  }
}

TEST(MaskCarrier, EqualCallsGiveEqualMasksWhateverThreadsOpenCvHas) {
  const Shot before = with_thing({200, 100, 160, 120});
  const int threads = cv::getNumThreads();
  std::vector<std::vector<std::uint8_t>> results;
  for (int time = 0; time < 3; ++time) {
    MaskCarrier carrier;
    std::vector<std::uint8_t> found;
    const FlowPicture source = shrunk(before.picture);
    for (int frame = 1; frame <= 3; ++frame)
      ASSERT_TRUE(carrier.carry(source,
                                shrunk(with_thing({200 + 9 * frame, 100, 160, 120}).picture),
                                view_of(before.mask), found));
    results.push_back(found);
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(cv::getNumThreads(), threads);
}

TEST(FlowPicture, IsThatOfTheLumaInEveryFormat) {
  // Grey of equal red, green and blue: every format says the same of it.
  const Shot before = with_thing({200, 100, 160, 120}), now = with_thing({224, 108, 160, 120});
  MaskCarrier plain;
  std::vector<std::uint8_t> expected;
  ASSERT_TRUE(
      plain.carry(shrunk(before.picture), shrunk(now.picture), view_of(before.mask), expected));
  for (const PixelLayout &layout : kPixelLayouts) {
    const auto converted = [&](const cv::Mat &grey) {
      // Rows with a rest of odd length behind them that must not be seen.
      const int channels = layout.channels[0].step;
      cv::Mat padded(grey.rows, grey.cols + 13, CV_8UC(channels), cv::Scalar::all(255));
      cv::Mat inside = padded(cv::Rect(0, 0, grey.cols, grey.rows));
      std::vector<cv::Mat> planes(static_cast<std::size_t>(channels), grey);
      if (layout.bytes_per_sample == 2) planes[0] = cv::Mat(grey.size(), CV_8U, cv::Scalar(255));
      cv::merge(planes, inside);
      Picture picture = view(inside);
      picture.format = layout.format;
      return FlowPicture::of(picture);
    };
    MaskCarrier carrier;
    std::vector<std::uint8_t> found;
    ASSERT_TRUE(carrier.carry(converted(before.picture), converted(now.picture),
                              view_of(before.mask), found));
    EXPECT_EQ(found, expected) << layout.name;
  }
}

TEST(FlowPicture, RedAndBlueAreNotMistaken) {
  // Blue is all but dark to the eye: with the channels in the wrong order the thing vanishes in the
  // ground.
  const auto coloured = [](const Shot &shot, PixelFormat format) {
    const cv::Mat ground(360, 640, CV_8U, cv::Scalar(29));
    std::vector<cv::Mat> planes{shot.picture, ground, ground};  // red, green, blue
    if (format == PixelFormat::kBgr) std::swap(planes[0], planes[2]);
    cv::Mat merged;
    cv::merge(planes, merged);
    Picture picture = view(merged);
    picture.format = format;
    return FlowPicture::of(picture);
  };
  const Shot before = with_thing({200, 100, 160, 120}), now = with_thing({224, 108, 160, 120});
  std::vector<std::vector<std::uint8_t>> results(2);
  for (const auto &[index, format] : {std::pair{0U, PixelFormat::kRgb}, {1U, PixelFormat::kBgr}}) {
    MaskCarrier carrier;
    ASSERT_TRUE(carrier.carry(coloured(before, format), coloured(now, format), view_of(before.mask),
                              results[index]));
  }
  EXPECT_EQ(results[0], results[1]);
}

/// A frame of three bytes a pixel as Segmenter::shrink() gives it.
std::vector<std::uint8_t> shrunk_elsewhere(const Picture &frame) {
  const int factor = FlowPicture::factor_of(frame);
  std::vector<std::uint8_t> result;
  for (int y = 0; y < frame.height / factor; ++y)
    for (int x = 0; x < frame.width / factor; ++x)
      for (int byte = 0; byte < 3; ++byte)
        result.push_back(kernel::mean_byte(
            frame.planes[0] + y * factor * frame.strides[0] + 3 * x * factor + byte,
            frame.strides[0], 3, factor));
  return result;
}

TEST(FlowPicture, ShrunkElsewhereLeadsToTheSameMasks) {
  // Sides that the factor, 3, leaves a rest of.
  const Shot before = with_thing({100, 90, 150, 150}, 365, 641),
             now = with_thing({112, 86, 150, 150}, 365, 641);
  const auto in_colour = [](const cv::Mat &grey) {
    cv::Mat colour;
    cv::applyColorMap(grey, colour, cv::COLORMAP_VIRIDIS);
    return colour;
  };
  const cv::Mat first = in_colour(before.picture), second = in_colour(now.picture);
  const auto frame_of = [](const cv::Mat &colour) {
    Picture frame = view(colour);
    frame.format = PixelFormat::kBgr;
    return frame;
  };
  std::vector<std::uint8_t> expected, found;
  ASSERT_TRUE(MaskCarrier().carry(FlowPicture::of(frame_of(first)),
                                  FlowPicture::of(frame_of(second)), view_of(before.mask),
                                  expected));
  const auto elsewhere = [&](const cv::Mat &colour) {
    std::vector<std::uint8_t> plane = shrunk_elsewhere(frame_of(colour));
    Picture there = frame_of(colour);
    there.planes[0] = reinterpret_cast<const std::uint8_t *>(0x10);  // would fault
    there.cuda_device = 0;
    return FlowPicture::of(there, std::move(plane));
  };
  ASSERT_TRUE(
      MaskCarrier().carry(elsewhere(first), elsewhere(second), view_of(before.mask), found));
  ASSERT_EQ(found.size(), expected.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < found.size(); ++i) different += found[i] != expected[i];
  EXPECT_LE(different, found.size() / 1000);
  EXPECT_THROW(FlowPicture::of(frame_of(first), std::vector<std::uint8_t>(7)), Error);
}

TEST(FlowPicture, WhatCannotBeReadIsRefused) {
  EXPECT_FALSE(FlowPicture());
  EXPECT_THROW(FlowPicture::of({}), Error);
  const cv::Mat grey = texture(20, 20, 1);
  Picture picture = view(grey);
  picture.cuda_device = 0;
  EXPECT_THROW(FlowPicture::of(picture), Error);
  MaskCarrier carrier;
  std::vector<std::uint8_t> found;
  EXPECT_THROW(carrier.carry({}, shrunk(grey), view_of(grey), found), Error);
  EXPECT_THROW(carrier.carry(shrunk(grey), {}, view_of(grey), found), Error);
  EXPECT_THROW(carrier.carry(shrunk(grey), shrunk(grey), {}, found), Error);
  EXPECT_THROW(carrier.carry(shrunk(grey), shrunk(grey), {20, 20, 3, grey.data}, found), Error);
}

TEST(LabelShares, AreCountedForBothWidths) {
  const std::vector<std::uint8_t> narrow{0, 1, 1, 3, 9, 1};
  EXPECT_EQ(label_shares({3, 2, 1, narrow.data()}, 4),
            (std::vector<double>{1.0 / 6, 3.0 / 6, 0.0, 1.0 / 6}));
  const std::vector<std::uint8_t> wide{0x00, 0x01, 0x01, 0x00, 0x00, 0x01, 0xff, 0xff};
  const std::vector<double> shares = label_shares({2, 2, 2, wide.data()}, 300);
  ASSERT_EQ(shares.size(), 300U);
  EXPECT_EQ(shares[256], 0.5);
  EXPECT_EQ(shares[1], 0.25);
  EXPECT_EQ(shares[0], 0.0);
}

}  // namespace
}  // namespace naclip
