// PAMR's fused form against the plain one, on the sizes where such kernels break.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>

#include "model/kernels/lanes.h"
#include "model/plain/refine.h"
#include "model/stages/refine.h"

namespace naclip {
namespace {

struct Case {
  int height, width, queries;
  std::vector<int> dilations;
};

class Refinement : public ::testing::TestWithParam<Case> {};

TEST_P(Refinement, FusedEqualsPlain) {
  const auto &[height, width, queries, dilations] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, height, width});
  const at::Tensor scores = at::randn({1, queries, height, width});
  for (const int steps : {1, 4, 5}) {
    const at::Tensor fused = refine(picture, scores, steps, dilations);
    const at::Tensor plain = plain::refine(picture, scores, steps, dilations);
    ASSERT_EQ(fused.sizes(), plain.sizes());
    EXPECT_LE((fused - plain).abs().max().item<double>(), 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Refinement,
                         ::testing::Values(Case{1, 1, 1, {8, 16}}, Case{3, 5, 3, {8, 16}},
                                           Case{2, 40, 8, {1}}, Case{17, 33, 9, {1, 2, 4}},
                                           Case{24, 20, 16, {8}}, Case{19, 23, 33, {16, 8}},
                                           Case{12, 9, 171, {8, 16}}, Case{40, 1, 2, {64}},
                                           Case{30, 41, 5, {1, 2, 3, 4}},
                                           Case{21, 18, 2, {5, 1, 2, 3, 4}},
                                           Case{210, 17, 3, {8, 16}}));

/// Noise with its borders filled.
ScoreLines noise(int channels, int height, int width, int border) {
  ScoreLines lines(channels, height, width, border);
  stretch(at::randn({1, channels, height, width}), lines);
  return lines;
}

TEST(RefinementOf, TwoStepsAtOnceAreTwoSteps) {
  at::manual_seed(7);
  constexpr int kWidth = 37, kBorder = 16;
  for (const std::vector<int> &dilations : {std::vector<int>{8, 16}, {16, 8}, {1}, {2, 3, 1}}) {
    for (const int height : {1, 2, 17, 40, 100}) {
      for (const int words : {1, 7, 9}) {
        const ScoreLines source = noise(words, height, kWidth, kBorder),
                         picture = noise(3, height, kWidth, kBorder);
        const auto per_row =
            static_cast<std::int64_t>(8 * dilations.size()) * kernels::padded(kWidth);
        std::vector<float> weights(static_cast<std::size_t>(height * per_row));
        for (int y = 0; y < height; ++y)
          kernels::neighbour_weights(picture.map(), dilations, y, weights.data() + y * per_row);
        const ScoreLines once(words, height, kWidth, kBorder),
            wanted(words, height, kWidth, kBorder), found(words, height, kWidth, kBorder);
        const ScoreLines between(words, height, kWidth, kBorder, kernels::rows_between(dilations));
        kernels::refine_rows(source.map(), weights.data(), dilations, 0, height, once.map());
        kernels::refine_rows(once.map(), weights.data(), dilations, 0, height, wanted.map());
        const int middle = height / 3;
        for (const auto &[first, last] : {std::pair{middle, height}, {0, middle}})
          kernels::refine_rows_twice(source.map(), weights.data(), dilations, first, last,
                                     between.map(), found.map());
        EXPECT_TRUE(found.tensor().equal(wanted.tensor()))
            << height << " rows of " << words << " words, dilations of " << dilations.size();
      }
    }
  }
}

/// Maps that are larger than the caches are written past them; a few of their words alone are not.
TEST(RefinementOf, MapsLargerThanCachesGetTheSameNumbers) {
  at::manual_seed(7);
  constexpr int kWords = 40, kHeight = 450, kWidth = 517, kBorder = 16;
  ASSERT_GT(ScoreLines::floats(kWords, kHeight, kWidth, kBorder), kernels::kMostCached);
  const at::Tensor scores = at::randn({1, kWords, 90, 110}),
                   picture = at::randn({1, 3, kHeight, kWidth});
  for (const std::vector<int> &dilations : {std::vector<int>{8, 16}, {3}, {1, 2, 3}}) {
    const at::Tensor all = Refiner().refine(picture, scores, kHeight, kWidth, 3, dilations);
    for (const int first : {0, 17, kWords - 2}) {
      const at::Tensor few = scores.slice(1, first, first + 2);
      const at::Tensor alone = Refiner().refine(picture, few, kHeight, kWidth, 3, dilations);
      EXPECT_TRUE(all.slice(1, first, first + 2).equal(alone)) << "word " << first;
    }
  }
  for (const auto &[height, width] : {std::pair{kHeight, kWidth}, {kHeight, 3 * kWidth}}) {
    const at::Tensor map = at::randn({1, kWords, 500, 2 * kWidth});  // wider and narrower
    const ScoreLines large(kWords, height, width, kBorder), small(1, height, width, kBorder);
    stretch(map, large);
    for (const int word : {0, kWords - 1}) {
      stretch(map.slice(1, word, word + 1), small);
      EXPECT_TRUE(large.tensor().slice(1, word, word + 1).equal(small.tensor()));
    }
  }
}

TEST(RefinementOf, SmallerScoresAreStretchedFirst) {
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, 31, 43}), scores = at::randn({1, 21, 5, 9});
  const at::Tensor plain = plain::refine(picture, scores, 3, {2, 4});
  EXPECT_LE((refine(picture, scores, 3, {2, 4}) - plain).abs().max().item<double>(), 1e-5);
}

TEST(RefinementOf, FramesOfChangingShapesShareOneRefiner) {
  at::manual_seed(7);
  Refiner refiner;
  for (const auto &[height, width, words] :
       {std::array<int, 3>{20, 30, 4}, {20, 30, 4}, {9, 50, 21}, {20, 30, 1}}) {
    const at::Tensor picture = at::randn({1, 3, height, width}),
                     scores = at::randn({1, words, height, width});
    const at::Tensor refined = refiner.refine(picture, scores, height, width, 2, {3});
    const at::Tensor plain = plain::refine(picture, scores, 2, {3});
    EXPECT_LE((refined - plain).abs().max().item<double>(), 1e-5);
  }
}

TEST(RefinementOf, ZeroStepsGivesTheScoresBack) {
  const at::Tensor scores = at::randn({1, 4, 6, 5});
  EXPECT_TRUE(refine(at::randn({1, 3, 6, 5}), scores, 0, {8}).equal(scores));
}

TEST(RefinementOf, FlatPictureAveragesNeighboursAlike) {
  // One hot pixel on a flat picture: each of its eight neighbours takes an eighth of it.
  at::Tensor scores = at::zeros({1, 1, 5, 5});
  scores[0][0][2][2] = 8.0;
  const at::Tensor refined = refine(at::zeros({1, 3, 5, 5}), scores, 1, {1})[0][0];
  EXPECT_NEAR(refined[1][1].item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(refined[2][3].item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(refined[2][2].item<double>(), 0.0, 1e-6);
  EXPECT_NEAR(refined[0][0].item<double>(), 0.0, 1e-6);
}

TEST(RefinementOf, ScoresStayOnTheirSideOfAnEdge) {
  at::Tensor picture = at::zeros({1, 3, 8, 8});
  picture.slice(3, 4) = 10.0;
  at::Tensor scores = at::zeros({1, 1, 8, 8});
  scores.slice(3, 4) = 1.0;
  const at::Tensor refined = refine(picture, scores, 5, {1})[0][0];
  EXPECT_LT(refined[4][2].item<double>(), 0.05);
  EXPECT_GT(refined[4][5].item<double>(), 0.95);
}

}  // namespace
}  // namespace naclip
