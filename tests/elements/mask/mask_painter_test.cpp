#include "elements/mask/mask_painter.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

namespace naclip {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Flags = std::vector<bool>;

const ChannelOrder kRgb{0, 1, 2, -1};
const ChannelOrder kBgra{2, 1, 0, 3};

LabelMap map_of(std::initializer_list<int> ids, int width, cv::Rect rectangle, int type = CV_8UC1) {
  cv::Mat labels(ids.size() / width, width, CV_32SC1);
  std::copy(ids.begin(), ids.end(), labels.begin<int>());
  LabelMap map{{}, rectangle};
  labels.convertTo(map.labels, type);
  return map;
}

/// Labels painted on a canvas whose rows are padded, as bytes without the padding.
Bytes labels_on(int width, int height, const LabelMap &map, const Flags &chosen) {
  cv::Mat padded(height, width + 3, CV_8UC1, cv::Scalar(77));
  cv::Mat canvas = padded(cv::Rect(0, 0, width, height));
  MaskPainter().paint_labels(map, chosen, canvas);
  EXPECT_EQ(cv::countNonZero(padded.colRange(width, width + 3) != 77), 0);
  return canvas.clone().reshape(0, 1);
}

TEST(MaskPainter, LabelsOfTheFramesSizeAreTheMask) {
  EXPECT_EQ(labels_on(2, 2, map_of({0, 1, 2, 1}, 2, {0, 0, 2, 2}), Flags(3, true)),
            (Bytes{0, 1, 2, 1}));
}

TEST(MaskPainter, LabelsNotChosenBecomeZero) {
  EXPECT_EQ(labels_on(2, 2, map_of({0, 1, 2, 1}, 2, {0, 0, 2, 2}), {false, false, true}),
            (Bytes{0, 0, 2, 0}));
}

TEST(MaskPainter, ValuesThatNoRegionHasBecomeZero) {
  EXPECT_EQ(labels_on(2, 1, map_of({1, 9}, 2, {0, 0, 2, 1}), Flags(2, true)), (Bytes{1, 0}));
}

TEST(MaskPainter, LabelsAreScaledByNearestNeighbour) {
  EXPECT_EQ(labels_on(4, 2, map_of({1, 9}, 2, {0, 0, 4, 2}), Flags(10, true)),
            (Bytes{1, 1, 9, 9, 1, 1, 9, 9}));
}

TEST(MaskPainter, LabelsAreScaledToOddSizes) {
  const Bytes labels = labels_on(17, 33, map_of({1, 2}, 1, {0, 0, 17, 33}), Flags(3, true));
  EXPECT_EQ(
      std::count(labels.begin(), labels.end(), 1) + std::count(labels.begin(), labels.end(), 2),
      17 * 33);
  EXPECT_EQ(labels.front(), 1);
  EXPECT_EQ(labels.back(), 2);
}

TEST(MaskPainter, WhatTheMaskDoesNotCoverIsZero) {
  EXPECT_EQ(labels_on(4, 1, map_of({1, 2}, 2, {1, 0, 2, 1}), Flags(3, true)), (Bytes{0, 1, 2, 0}));
}

TEST(MaskPainter, ARectangleBeyondTheFrameIsCutOffAtTheRightPlace) {
  EXPECT_EQ(labels_on(2, 1, map_of({1, 2, 3, 4}, 4, {-1, 0, 4, 1}), Flags(5, true)), (Bytes{2, 3}));
  EXPECT_EQ(labels_on(2, 1, map_of({1, 2}, 2, {10, 0, 4, 1}), Flags(3, true)), (Bytes{0, 0}));
}

TEST(MaskPainter, NoMaskIsZero) {
  EXPECT_EQ(labels_on(1, 1, {}, {}), Bytes{0});
}

TEST(MaskPainter, WideIdsFitWideLabelsAndAreZeroInNarrowOnes) {
  const LabelMap map = map_of({256, 300, 5}, 3, {0, 0, 3, 1}, CV_16UC1);
  cv::Mat wide(1, 3, CV_16UC1);
  MaskPainter().paint_labels(map, Flags(301, true), wide);
  EXPECT_EQ(wide.at<std::uint16_t>(0, 0), 256);
  EXPECT_EQ(wide.at<std::uint16_t>(0, 1), 300);
  EXPECT_EQ(labels_on(3, 1, map, Flags(301, true)), (Bytes{0, 0, 5}));
}

TEST(MaskPainter, KeepsUpWithGeometryThatChanges) {
  MaskPainter painter;
  const LabelMap map = map_of({1, 2}, 2, {0, 0, 4, 1});
  cv::Mat first(1, 4, CV_8UC1), moved(1, 4, CV_8UC1), larger(1, 6, CV_8UC1);
  painter.paint_labels(map, Flags(3, true), first);
  painter.paint_labels({map.labels, {2, 0, 4, 1}}, Flags(3, true), moved);
  painter.paint_labels({map.labels, {2, 0, 4, 1}}, Flags(3, true), larger);
  EXPECT_EQ(Bytes(first.reshape(0, 1)), (Bytes{1, 1, 2, 2}));
  EXPECT_EQ(Bytes(moved.reshape(0, 1)), (Bytes{0, 0, 1, 1}));
  EXPECT_EQ(Bytes(larger.reshape(0, 1)), (Bytes{0, 0, 1, 1, 2, 2}));
}

TEST(MaskPainter, ColoursStandInTheOrderAskedFor) {
  const std::vector<Colour> colours{0x000000, 0x112233};
  const LabelMap map = map_of({1, 0}, 2, {0, 0, 2, 1});
  cv::Mat rgb(1, 2, CV_8UC3);
  MaskPainter().paint_colours(map, {false, true}, colours, kRgb, rgb);
  EXPECT_EQ(rgb.at<cv::Vec3b>(0, 0), cv::Vec3b(0x11, 0x22, 0x33));
  EXPECT_EQ(rgb.at<cv::Vec3b>(0, 1), cv::Vec3b(0, 0, 0));
  cv::Mat bgra(1, 2, CV_8UC4, cv::Scalar::all(9));
  MaskPainter().paint_colours(map, {false, true}, colours, kBgra, bgra);
  EXPECT_EQ(bgra.at<cv::Vec4b>(0, 0), cv::Vec4b(0x33, 0x22, 0x11, 255));
  EXPECT_EQ(bgra.at<cv::Vec4b>(0, 1), cv::Vec4b(0, 0, 0, 255));
}

TEST(MaskPainter, MatteIsThePictureWithTheChosenOpaque) {
  const cv::Mat picture(1, 2, CV_8UC3, cv::Scalar(10, 20, 30));
  cv::Mat out(1, 2, CV_8UC4);
  MaskPainter().paint_matte(map_of({0, 1}, 2, {0, 0, 2, 1}), {false, true}, picture, kRgb, kBgra,
                            out);
  EXPECT_EQ(out.at<cv::Vec4b>(0, 0), cv::Vec4b(30, 20, 10, 0));
  EXPECT_EQ(out.at<cv::Vec4b>(0, 1), cv::Vec4b(30, 20, 10, 255));
}

TEST(MaskPainter, MatteHasSmoothEdgesWhereTheMaskIsSmaller) {
  const cv::Mat picture(1, 8, CV_8UC3, cv::Scalar::all(1));
  cv::Mat out(1, 8, CV_8UC4);
  MaskPainter().paint_matte(map_of({0, 1}, 2, {0, 0, 8, 1}), {false, true}, picture, kRgb, kBgra,
                            out);
  // Centres lie 1/8, 3/8, 5/8 and 7/8 of the way between the mask's two pixels.
  const int expected[] = {0, 0, 32, 96, 159, 223, 255, 255};
  for (int x = 0; x < 8; ++x) EXPECT_NEAR(out.at<cv::Vec4b>(0, x)[3], expected[x], 1) << x;
}

TEST(MaskPainter, MatteKeepsWhatWasTransparent) {
  const cv::Mat picture(1, 1, CV_8UC4, cv::Scalar(10, 20, 30, 100));
  cv::Mat out(1, 1, CV_8UC4);
  MaskPainter().paint_matte(map_of({1}, 1, {0, 0, 1, 1}), {false, true}, picture, kBgra, kBgra,
                            out);
  EXPECT_EQ(out.at<cv::Vec4b>(0, 0), cv::Vec4b(10, 20, 30, 100));
}

TEST(MaskPainter, MatteWithoutAMaskIsTransparent) {
  const cv::Mat picture(2, 2, CV_8UC3, cv::Scalar::all(9));
  cv::Mat out(2, 2, CV_8UC4, cv::Scalar::all(255));
  MaskPainter().paint_matte({}, {}, picture, kRgb, kBgra, out);
  EXPECT_EQ(out.at<cv::Vec4b>(1, 1), cv::Vec4b(9, 9, 9, 0));
}

}  // namespace
}  // namespace naclip
