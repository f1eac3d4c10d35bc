// TLP's fused form against the plain one, on the sizes where such kernels break.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "model/plain/stretch.h"
#include "model/plain/tlp.h"
#include "model/stages/tlp.h"

namespace naclip {
namespace {

constexpr double kRelativeError = 5e-5;
// Of scores that leave pixels undecided, as cosines do: steps that do not converge make much of what
// rounds differently.
constexpr double kUndecidedError = 1e-2;

double relative_error(const at::Tensor &found, const at::Tensor &wanted) {
  if (found.sizes() != wanted.sizes()) return std::numeric_limits<double>::infinity();
  return ((found - wanted).abs().max() / wanted.abs().max()).item<double>();
}

at::Tensor random_words(std::int64_t count) {
  const at::Tensor words = at::randn({count, 24});
  return words / words.norm(2, -1, true);
}

/// `spread`: how far words are apart. Cosines are at 0.1; at 10 pixels are decided.
at::Tensor random_scores(std::int64_t words, std::int64_t height, std::int64_t width,
                         double spread = 10.0) {
  return at::randn({1, words, height, width}) * spread + 0.2;
}

struct Case {
  int height, width, words;
};

class Propagation : public ::testing::TestWithParam<Case> {};

TEST_P(Propagation, FusedEqualsPlain) {
  const auto &[height, width, count] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, height, width}), words = random_words(count);
  for (const auto &[spread, error] :
       {std::pair{10.0, kRelativeError}, std::pair{0.1, kUndecidedError}}) {
    const at::Tensor scores = random_scores(count, height, width, spread);
    const at::Tensor fused = Propagator().propagate(picture, scores, words, height, width);
    EXPECT_EQ(fused.size(2), height / plain::tlp_block(height));
    EXPECT_LE(relative_error(fused, plain::tlp(picture, scores, words)), error) << spread;
  }
}

TEST_P(Propagation, StretchesPictureAndScores) {
  const auto &[height, width, count] = GetParam();
  at::manual_seed(9);
  for (const auto &[rows, columns] : {std::array{1, 1}, {5, 4}, {37, 90}}) {
    const at::Tensor picture = at::randn({1, 3, rows, columns}), words = random_words(count);
    const at::Tensor scores = random_scores(count, columns, rows);
    EXPECT_LE(relative_error(Propagator().propagate(picture, scores, words, height, width),
                             plain::tlp(plain::stretched(picture, height, width), scores, words)),
              kRelativeError)
        << rows << " x " << columns;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Propagation,
                         ::testing::Values(Case{1, 1, 1}, Case{1, 1, 4}, Case{1, 90, 3},
                                           Case{90, 1, 3}, Case{2, 16, 2}, Case{15, 17, 5},
                                           Case{32, 33, 1}, Case{79, 81, 7}, Case{119, 121, 5},
                                           Case{200, 281, 2}, Case{41, 122, 171}));

TEST(PropagationOf, BlocksAreRoundedHalvesToEven) {
  for (const auto &[size, block] : {std::array{1, 1},
                                    {40, 1},
                                    {119, 1},
                                    {120, 2},
                                    {121, 2},
                                    {200, 2},
                                    {201, 3},
                                    {280, 4},
                                    {720, 9},
                                    {1080, 14},
                                    {1280, 16}})
    EXPECT_EQ(plain::tlp_block(size), block) << size;
}

TEST(PropagationOf, WordsWeighByTheirSimilarities) {
  at::manual_seed(3);
  for (const std::int64_t count : {1, 5, 1030}) {
    const at::Tensor words = random_words(count);
    const at::Tensor similar =
        (at::matmul(words, words.t()) / 0.5).softmax(-1) + 10.0 * at::eye(count);
    const at::Tensor expected = (similar / (similar.sum(-1, true) + 1e-6)).diagonal();
    EXPECT_LE(relative_error(plain::tlp_word_weights(words), expected), 1e-6) << count;
  }
}

TEST(PropagationOf, FramesOfChangingShapesAndWordsShareOnePropagator) {
  at::manual_seed(7);
  Propagator propagator;
  for (const auto &[height, width, count] :
       {std::array<int, 3>{20, 30, 4}, {20, 30, 4}, {9, 50, 21}, {90, 30, 1}, {20, 30, 4}}) {
    const at::Tensor picture = at::randn({1, 3, height, width}), words = random_words(count),
                     scores = random_scores(count, height, width);
    EXPECT_LE(relative_error(propagator.propagate(picture, scores, words, height, width),
                             plain::tlp(picture, scores, words)),
              kRelativeError);
  }
}

TEST(PropagationOf, PicturesOfABatchComeOutAsTheyWouldAlone) {
  at::manual_seed(7);
  // Many words leave pixels undecided, so that the steps are far from their end; each picture has
  // steps of its own, and its own mean difference.
  const at::Tensor words = random_words(30);
  const at::Tensor ramp = at::arange(50, at::kFloat).expand({1, 3, 40, 50});
  const at::Tensor pictures = at::cat({at::zeros({1, 3, 40, 50}), 10 * ramp});
  const at::Tensor scores =
      at::cat({random_scores(30, 40, 50, 0.1), random_scores(30, 40, 50, 2.0)});
  const at::Tensor plain = plain::tlp(pictures, scores, words);
  const at::Tensor fused = Propagator().propagate(pictures, scores, words, 40, 50);
  for (std::int64_t i = 0; i < 2; ++i) {
    const at::Tensor alone =
        plain::tlp(pictures.slice(0, i, i + 1), scores.slice(0, i, i + 1), words);
    EXPECT_LE(relative_error(plain.slice(0, i, i + 1), alone), kRelativeError) << i;
    EXPECT_LE(relative_error(fused.slice(0, i, i + 1), alone), kRelativeError) << i;
  }
}

TEST(PropagationOf, ThreadsChangeNothing) {
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, 80, 80}), words = random_words(30),
                   scores = random_scores(30, 80, 80);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> outcomes;
  for (const int threads : {1, 3}) {
    at::set_num_threads(threads);
    outcomes.push_back(Propagator().propagate(picture, scores, words, 80, 80).clone());
  }
  at::set_num_threads(before);
  EXPECT_TRUE(outcomes[0].equal(outcomes[1]));
}

TEST(PropagationOf, ABadFrameLeavesNothingBehind) {
  at::manual_seed(7);
  Propagator propagator;
  const at::Tensor picture = at::randn({1, 3, 21, 35}), words = random_words(2),
                   scores = random_scores(2, 21, 35);
  propagator.propagate(picture, at::full_like(scores, std::numeric_limits<float>::quiet_NaN()),
                       words, 21, 35);
  propagator.propagate(at::full_like(picture, std::numeric_limits<float>::quiet_NaN()), scores,
                       words, 21, 35);
  EXPECT_LE(relative_error(propagator.propagate(picture, scores, words, 21, 35),
                           plain::tlp(picture, scores, words)),
            kRelativeError);
}

TEST(PropagationOf, ScoresStayOnTheirSideOfAnEdge) {
  at::manual_seed(7);
  at::Tensor picture = at::zeros({1, 3, 16, 16});
  picture.slice(3, 8) = 10.0;
  at::Tensor scores = at::zeros({1, 2, 16, 16});
  scores.slice(1, 0, 1).slice(3, 8) = 1.0;
  scores = scores + 0.2 * at::randn_like(scores);
  const at::Tensor words = random_words(2);
  const at::Tensor propagated = Propagator().propagate(picture, scores, words, 16, 16)[0][0];
  const at::Tensor left = propagated.slice(1, 0, 8), right = propagated.slice(1, 8);
  EXPECT_LT(left.max().item<double>(), 0.3);
  EXPECT_GT(right.min().item<double>(), 0.7);
  // The noise of either side is evened out.
  EXPECT_LT(left.std().item<double>(), 0.5 * scores[0][0].slice(1, 0, 8).std().item<double>());
}

}  // namespace
}  // namespace naclip
