#include "model/stages/decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace naclip {
namespace {

DecodeOptions one_region_a_query(int queries) {
  DecodeOptions options;
  options.region_of_query = at::arange(1, queries + 1, at::kInt);
  options.regions = static_cast<std::size_t>(queries) + 1;
  return options;
}

int label_at(const Segmentation &segmentation, std::size_t pixel) {
  if (segmentation.bytes_per_label == 1) return segmentation.labels[pixel];
  return segmentation.labels[2 * pixel] | segmentation.labels[2 * pixel + 1] << 8;
}

struct Case {
  int queries, from_height, from_width, height, width;
};

class Decode : public ::testing::TestWithParam<Case> {};

TEST_P(Decode, FusedEqualsPlain) {
  const auto &[queries, from_height, from_width, height, width] = GetParam();
  at::manual_seed(3);
  const at::Tensor scores = at::randn({1, queries, from_height, from_width}) * 0.05;
  DecodeOptions options = one_region_a_query(queries);
  for (const auto &[threshold, own] : {std::pair{0.0, false}, {0.3, false}, {0.3, true}}) {
    options.threshold = threshold;
    // From none (below 0) to 0.6.
    if (own) options.threshold_of_query = at::linspace(-0.2, 0.6, queries);
    const Segmentation fused = decode(scores, height, width, options);
    const Segmentation plain = plain::decode(scores, height, width, options);
    ASSERT_EQ(fused.labels.size(), plain.labels.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < fused.labels.size(); ++i)
      different += fused.labels[i] != plain.labels[i];
    EXPECT_LE(different, fused.labels.size() / 500);  // sums round differently at a tie
    for (std::size_t region = 0; region < options.regions; ++region) {
      EXPECT_NEAR(fused.regions[region].share, plain.regions[region].share, 0.01);
      EXPECT_NEAR(fused.regions[region].confidence, plain.regions[region].confidence, 0.02);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Decode,
                         ::testing::Values(Case{1, 1, 1, 1, 1}, Case{21, 1, 1, 3, 5},
                                           Case{5, 21, 28, 336, 448}, Case{171, 6, 4, 33, 17},
                                           Case{300, 3, 5, 20, 30}, Case{4, 40, 50, 13, 7},
                                           Case{3, 40, 50, 37, 41}));

TEST(DecodeOf, LabelIsTheGreatestScoresClassAndEqualScoresGoToTheFirst) {
  const at::Tensor scores = at::zeros({1, 3, 1, 2});
  scores[0][2][0][1] = 1.0;
  const Segmentation result = decode(scores, 1, 2, one_region_a_query(3));
  EXPECT_EQ(label_at(result, 0), 1);
  EXPECT_EQ(label_at(result, 1), 3);
}

TEST(DecodeOf, SynonymsShareARegion) {
  DecodeOptions options = one_region_a_query(3);
  options.region_of_query = at::tensor({1, 2, 2}, at::kInt);
  options.regions = 3;
  const at::Tensor scores = at::zeros({1, 3, 1, 2});
  scores[0][1][0][0] = 1.0;
  scores[0][2][0][1] = 1.0;
  const Segmentation result = decode(scores, 1, 2, options);
  EXPECT_EQ(label_at(result, 0), 2);
  EXPECT_EQ(label_at(result, 1), 2);
  EXPECT_DOUBLE_EQ(result.regions[2].share, 1.0);
}

TEST(DecodeOf, BelowTheThresholdIsNothing) {
  DecodeOptions options = one_region_a_query(2);
  options.threshold = 0.51;
  EXPECT_EQ(label_at(decode(at::zeros({1, 2, 1, 1}), 1, 1, options), 0), 0);
  options.threshold = 0.49;
  EXPECT_EQ(label_at(decode(at::zeros({1, 2, 1, 1}), 1, 1, options), 0), 1);
}

TEST(DecodeOf, AWordsOwnThresholdStandsInPlaceOfTheGeneralOne) {
  DecodeOptions options = one_region_a_query(2);
  options.threshold = 0.7;
  options.threshold_of_query = at::tensor({-1.0F, 0.5F});
  const at::Tensor scores = at::zeros({1, 2, 1, 2});  // two pixels, each sure of its word to 0.6
  const float ahead = std::log(0.6F / 0.4F) / 40.0F;
  scores[0][0][0][0] = ahead;
  scores[0][1][0][1] = ahead;
  for (const Segmentation &result :
       {decode(scores, 1, 2, options), plain::decode(scores, 1, 2, options)}) {
    EXPECT_EQ(label_at(result, 0), 0) << "the general one";
    EXPECT_EQ(label_at(result, 1), 2) << "its own, which is lower";
  }
  options.threshold = 0.0;
  options.threshold_of_query = at::tensor({-1.0F, 0.65F});
  for (const Segmentation &result :
       {decode(scores, 1, 2, options), plain::decode(scores, 1, 2, options)}) {
    EXPECT_EQ(label_at(result, 0), 1);
    EXPECT_EQ(label_at(result, 1), 0) << "its own, which is higher";
  }
}

TEST(DecodeOf, AreaThresholdGivesSmallClassesPixelsToTheNextBest) {
  // Words: background, two of class 1, one of class 2, one of class 3 that is nowhere the best.
  DecodeOptions options;
  options.region_of_query = at::tensor({0, 1, 1, 2, 3}, at::kInt);
  options.regions = 4;
  options.area_threshold = 0.25;
  const at::Tensor scores = at::zeros({1, 5, 1, 8});
  const auto prefer = [&](std::int64_t pixel, std::int64_t word, float score) {
    scores[0][word][0][pixel] = score;
  };
  for (const std::int64_t pixel : {0, 1}) prefer(pixel, 0, 0.1F);        // background
  for (const std::int64_t pixel : {2, 3, 4, 5}) prefer(pixel, 1, 0.1F);  // 4 of 6 in the foreground
  prefer(6, 2, 0.1F);                                                    // a fifth, by the synonym
  prefer(7, 3, 0.1F);                                                    // 1 of 6 is too small
  prefer(7, 4, 0.08F);
  prefer(7, 2, 0.05F);
  for (const bool fused : {true, false}) {
    const auto labels = [&] {
      const Segmentation result =
          fused ? decode(scores, 1, 8, options) : plain::decode(scores, 1, 8, options);
      return std::vector<int>(result.labels.begin(), result.labels.end());
    };
    options.area_threshold = 0.25;
    // Pixel 7: class 3 would be next, but has no pixel at all.
    EXPECT_EQ(labels(), (std::vector<int>{0, 0, 1, 1, 1, 1, 1, 1})) << fused;
    options.area_threshold = 0.1;
    EXPECT_EQ(labels(), (std::vector<int>{0, 0, 1, 1, 1, 1, 1, 2})) << fused;
  }
  // Without a background class nothing is struck.
  options.region_of_query = at::tensor({4, 1, 1, 2, 3}, at::kInt);
  options.regions = 5;
  options.area_threshold = 0.25;
  for (const Segmentation &result :
       {decode(scores, 1, 8, options), plain::decode(scores, 1, 8, options)})
    EXPECT_EQ(result.labels.back(), 2);
}

TEST(DecodeOf, AreaThresholdFusedEqualsPlain) {
  at::manual_seed(8);
  const at::Tensor scores = at::randn({1, 21, 13, 17}) * 0.05;
  scores.slice(1, 3, 9).sub_(0.04);  // some are rare
  DecodeOptions options;
  options.region_of_query = at::arange(21, at::kInt);
  options.regions = 21;
  options.area_threshold = 0.03;
  options.threshold = 0.1;
  options.confidences = true;
  const Segmentation fused = decode(scores, 61, 83, options);
  const Segmentation plain = plain::decode(scores, 61, 83, options);
  std::size_t different = 0;
  for (std::size_t i = 0; i < fused.labels.size(); ++i) {
    different += fused.labels[i] != plain.labels[i];
    if (fused.labels[i] == plain.labels[i]) {
      ASSERT_NEAR(fused.confidences[i], plain.confidences[i], 1e-4);
    }
  }
  EXPECT_LE(different, fused.labels.size() / 500);
  options.area_threshold = 0.0;
  EXPECT_NE(decode(scores, 61, 83, options).labels, fused.labels);
}

TEST(DecodeOf, KeepsEachPixelsProbabilityWhereAskedTo) {
  at::manual_seed(5);
  const at::Tensor scores = at::randn({1, 4, 9, 11}) * 0.05;
  DecodeOptions options = one_region_a_query(4);
  options.threshold = 0.5;
  EXPECT_TRUE(decode(scores, 37, 41, options).confidences.empty());
  options.confidences = true;
  const Segmentation fused = decode(scores, 37, 41, options);
  const Segmentation plain = plain::decode(scores, 37, 41, options);
  ASSERT_EQ(fused.confidences.size(), 37U * 41U);
  ASSERT_EQ(plain.confidences.size(), 37U * 41U);
  for (std::size_t i = 0; i < fused.confidences.size(); ++i) {
    EXPECT_NEAR(fused.confidences[i], plain.confidences[i], 1e-4);
    EXPECT_EQ(label_at(fused, i) == 0, fused.confidences[i] < 0.5F) << i;
  }
}

TEST(DecodeOf, APicturesOutcomeDoesNotDependOnThoseBesideIt) {
  at::manual_seed(4);
  const at::Tensor scores = at::randn({3, 5, 6, 7});
  const DecodeOptions options = one_region_a_query(5);
  const std::vector<Segmentation> together = begin_decode(scores, 12, 14, options)();
  ASSERT_EQ(together.size(), 3U);
  for (std::size_t picture = 0; picture < together.size(); ++picture) {
    const auto first = static_cast<std::int64_t>(picture);
    const Segmentation alone = decode(scores.slice(0, first, first + 1), 12, 14, options);
    EXPECT_EQ(together[picture].labels, alone.labels);
    EXPECT_EQ(together[picture].regions[1].share, alone.regions[1].share);
  }
}

TEST(DecodeOf, LabelsAreSixteenBitAboveTwoHundredAndFiftySixRegions) {
  const at::Tensor scores = at::zeros({1, 300, 1, 1});
  scores[0][299][0][0] = 1.0;
  const Segmentation wide = decode(scores, 1, 1, one_region_a_query(300));
  EXPECT_EQ(wide.bytes_per_label, 2);
  EXPECT_EQ(label_at(wide, 0), 300);
  EXPECT_EQ(decode(scores.slice(1, 0, 255), 1, 1, one_region_a_query(255)).bytes_per_label, 1);
}

}  // namespace
}  // namespace naclip
