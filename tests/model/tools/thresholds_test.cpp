// The thresholds of classes against counts worked out by hand.
#include "model/tools/naclip-eval/thresholds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/tools/naclip-eval/tune.h"

namespace naclip::eval {
namespace {

Segmentation found(std::vector<std::uint8_t> labels, std::vector<float> confidences) {
  Segmentation segmentation;
  segmentation.width = static_cast<int>(labels.size());
  segmentation.height = 1;
  segmentation.labels = std::move(labels);
  segmentation.confidences = std::move(confidences);
  return segmentation;
}

LabelMap truth(std::vector<std::uint16_t> values) {
  return {static_cast<int>(values.size()), 1, std::move(values)};
}

/// Region 1 of three, 255 ignored: found right at 0.9, 0.8 and 0.4, wrong at 0.6, 0.3 and 0.2; one
/// pixel of it is called 2. An ignored one and one out of range are wrong nowhere and once.
ThresholdCounts counts() {
  ThresholdCounts counts(3);
  const LabelMeaning meaning({3, true, 0, {255}});
  counts.add(found({1, 1, 1, 1}, {0.9F, 0.8F, 0.4F, 0.6F}), truth({1, 1, 1, 2}), meaning);
  counts.add(found({1, 1, 2, 1}, {0.3F, 0.2F, 0.7F, 0.99F}), truth({0, 77, 1, 255}), meaning);
  return counts;
}

TEST(ThresholdCounts, AccuracyIsThatOfThePixelsThatAreSureEnough) {
  const ThresholdCounts all = counts();
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.0).precision, 3.0 / 6);
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.0).recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.0).f1, 2 * 3.0 / (6 + 4));
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.35).precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.7).precision, 1.0);
  EXPECT_DOUBLE_EQ(all.accuracy(1, 0.7).recall, 2.0 / 4);
  EXPECT_TRUE(std::isnan(all.accuracy(1, 1.0).precision)) << "nothing is found";
  EXPECT_DOUBLE_EQ(all.accuracy(1, 1.0).recall, 0.0);
  EXPECT_DOUBLE_EQ(all.accuracy(2, 0.0).precision, 0.0);
}

TEST(ThresholdCounts, TheLowestThresholdOfTheGreatestF1IsChosen) {
  const TunedThreshold tuned = counts().tune(1, {});
  ASSERT_TRUE(tuned.threshold);
  EXPECT_DOUBLE_EQ(*tuned.threshold, 0.301) << "just above the wrong one at 0.3";
  EXPECT_DOUBLE_EQ(tuned.accuracy.f1, 2 * 3.0 / (4 + 4));
  EXPECT_TRUE(tuned.precise);
}

TEST(ThresholdCounts, TheLowestThresholdOfAPrecisionIsChosen) {
  const TunedThreshold half = counts().tune(1, 0.5);
  EXPECT_DOUBLE_EQ(*half.threshold, 0.0);
  const TunedThreshold sure = counts().tune(1, 0.9);
  EXPECT_DOUBLE_EQ(*sure.threshold, 0.601);
  EXPECT_DOUBLE_EQ(sure.accuracy.precision, 1.0);
  EXPECT_DOUBLE_EQ(sure.accuracy.recall, 0.5);
  EXPECT_TRUE(sure.precise);
  EXPECT_FALSE(counts().tune(2, 0.5).precise) << "all that is called 2 is wrong";
}

TEST(ThresholdCounts, AClassThatTheMasksLackHasNone) {
  ThresholdCounts counts(3);
  counts.add(found({1}, {0.5F}), truth({2}), LabelMeaning({3, true, 0, {}}));
  EXPECT_FALSE(counts.tune(1, {}).threshold);
  EXPECT_TRUE(counts.tune(2, {}).threshold);
}

using Thresholds = std::vector<std::optional<double>>;

TEST(Tune, WritesAVocabularyThatReadsBackAsTheSame) {
  const auto vocabulary = Vocabulary::parse(
      "person; car #ff8000, truck; odd: a:b, c; background: sky, wall; smoke >0.6: smoke, haze");
  const std::string same = vocabulary_text(vocabulary, {{}, {}, {}, {}, 0.6});
  EXPECT_EQ(Vocabulary::parse(same), vocabulary) << same;
  const auto tuned = Vocabulary::parse(vocabulary_text(vocabulary, {0.25, 0.125, 1.0, {}, {}}));
  EXPECT_EQ(tuned.classes()[0].threshold, 0.25);
  EXPECT_EQ(tuned.classes()[1].threshold, 0.125);
  EXPECT_EQ(tuned.classes()[1].colour, 0xFF8000u);
  EXPECT_EQ(tuned.classes()[2].threshold, 1.0);
  EXPECT_FALSE(tuned.classes()[4].threshold);
  EXPECT_EQ(without_thresholds(tuned).classes()[0], vocabulary.classes()[0]);
}

TEST(Tune, ComparesEachClassWithWhatItsThresholdWas) {
  const auto vocabulary = Vocabulary::parse("background: a; one >0.7: b; two");
  const std::vector<TunedClass> classes = tune(counts(), vocabulary, 0.5, {});
  ASSERT_EQ(classes.size(), 3U);
  EXPECT_FALSE(classes[0].threshold_before) << "the background has none";
  EXPECT_FALSE(classes[0].after.threshold);
  EXPECT_EQ(classes[1].threshold_before, 0.7);
  EXPECT_DOUBLE_EQ(classes[1].before.recall, 0.5);
  EXPECT_DOUBLE_EQ(classes[1].after.accuracy.recall, 0.75);
  EXPECT_EQ(classes[2].threshold_before, 0.5);
  const std::string text = tuned_text(classes, {});
  EXPECT_NE(text.find("one"), std::string::npos);
  EXPECT_NE(text.find("0.301"), std::string::npos) << text;
  ThresholdCounts nothing(3);
  EXPECT_NE(tuned_text(tune(nothing, vocabulary, 0.0, {}), {})
                .find("The masks have no pixel of one, two, so"),
            std::string::npos);
}

}  // namespace
}  // namespace naclip::eval
