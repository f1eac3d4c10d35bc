// The arithmetic of IoUMetric against figures worked out by hand.
#include "model/tools/naclip-eval/iou.h"

#include <gtest/gtest.h>

#include <cmath>

namespace naclip::eval {
namespace {

Segmentation found(std::vector<std::uint8_t> labels) {
  Segmentation segmentation;
  segmentation.width = static_cast<int>(labels.size());
  segmentation.height = 1;
  segmentation.labels = std::move(labels);
  return segmentation;
}

LabelMap truth(std::vector<std::uint16_t> values) {
  return {static_cast<int>(values.size()), 1, std::move(values)};
}

TEST(Iou, EqualsFiguresWorkedOutByHand) {
  // Three classes, the first a background; 255 is ignored.
  const LabelMeaning meaning({3, true, 0, {255}});
  Areas areas(3);
  EXPECT_TRUE(
      areas.add(found({0, 0, 1, 1, 2, 2, 1, 0}), truth({0, 1, 1, 2, 2, 255, 255, 2}), meaning, 0)
          .empty());
  EXPECT_EQ(areas.intersection, (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_EQ(areas.prediction, (std::vector<std::uint64_t>{3, 2, 1}));
  EXPECT_EQ(areas.label, (std::vector<std::uint64_t>{1, 2, 3}));
  const Scores scores = scores_of(areas);
  EXPECT_DOUBLE_EQ(scores.iou[0], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.iou[1], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.iou[2], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.accuracy[0], 1.0);
  EXPECT_DOUBLE_EQ(scores.accuracy[1], 0.5);
  EXPECT_DOUBLE_EQ(scores.accuracy[2], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.mean_iou, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.mean_accuracy, 11.0 / 18);
  EXPECT_DOUBLE_EQ(scores.pixel_accuracy, 0.5);
}

TEST(Iou, SumsOverPicturesBeforeItDivides) {
  const LabelMeaning meaning({3, false, 0, {0}});
  Areas areas(2);
  areas.add(found({1}), truth({1}), meaning, 1);
  areas.add(found({2, 2, 2}), truth({1, 1, 2}), meaning, 1);
  const Scores scores = scores_of(areas);
  EXPECT_DOUBLE_EQ(scores.iou[0], 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.iou[1], 1.0 / 3);
}

TEST(Iou, ClassesThatAreNowhereAreLeftOutOfTheMean) {
  const LabelMeaning meaning({4, false, 0, {0}});
  Areas areas(3);
  areas.add(found({1, 1}), truth({1, 1}), meaning, 1);
  areas.add(found({3}), truth({1}), meaning, 1);
  const Scores scores = scores_of(areas);
  EXPECT_TRUE(std::isnan(scores.iou[1]));
  EXPECT_DOUBLE_EQ(scores.iou[2], 0.0);
  EXPECT_DOUBLE_EQ(scores.mean_iou, 1.0 / 3);  // of 2/3 and 0
  EXPECT_TRUE(std::isnan(scores.accuracy[2]));
  EXPECT_DOUBLE_EQ(scores.mean_accuracy, 2.0 / 3);
}

TEST(Iou, NothingAtAllIsNotANumber) {
  const Scores scores = scores_of(Areas(2));
  EXPECT_TRUE(std::isnan(scores.mean_iou));
  EXPECT_TRUE(std::isnan(scores.pixel_accuracy));
}

TEST(Iou, LabelsOutOfRangeCountForThePredictionAloneAndAreTold) {
  const LabelMeaning meaning({3, false, 0, {0, 255}});
  Areas areas(2);
  const auto unknown = areas.add(found({1, 1, 2, 2}), truth({1, 9, 9, 300}), meaning, 1);
  EXPECT_EQ(unknown, (std::map<int, std::uint64_t>{{9, 2}, {300, 1}}));
  EXPECT_EQ(areas.prediction, (std::vector<std::uint64_t>{2, 2}));
  EXPECT_EQ(areas.label, (std::vector<std::uint64_t>{1, 0}));
  EXPECT_DOUBLE_EQ(scores_of(areas).iou[0], 0.5);
}

TEST(Iou, NothingFoundIsWrongForTheLabelledClassAlone) {
  const LabelMeaning meaning({2, false, 0, {0}});
  Areas areas(1);
  areas.add(found({0, 1}), truth({1, 1}), meaning, 1);
  EXPECT_EQ(areas.prediction[0], 1U);
  EXPECT_EQ(areas.label[0], 2U);
}

TEST(Iou, NothingInTheTruthIsNoFaultWhereItIsNotIgnored) {
  const LabelMeaning meaning({2, false, 0, {255}});
  Areas areas(1);
  EXPECT_TRUE(areas.add(found({1, 0}), truth({0, 0}), meaning, 1).empty());
  EXPECT_EQ(areas.prediction[0], 1U);
  EXPECT_EQ(areas.label[0], 0U);
}

TEST(Iou, ReadsMasksOfSixteenBits) {
  Segmentation wide;
  wide.width = 1;
  wide.height = 1;
  wide.bytes_per_label = 2;
  wide.labels = {0x2c, 0x01};  // 300
  const LabelMeaning meaning({400, true, 0, {}});
  Areas areas(400);
  areas.add(wide, truth({300}), meaning, 0);
  EXPECT_EQ(areas.intersection[300], 1U);
}

}  // namespace
}  // namespace naclip::eval
