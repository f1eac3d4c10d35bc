// Means over time against plain loops, along motion, and where the past ends.
#include "model/stages/smooth.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace naclip {
namespace {

/// Blobs of about 12 pixels, normalised as the network's input is: [1, 3, height, width].
at::Tensor scene(std::int64_t height, std::int64_t width, std::uint64_t seed) {
  at::manual_seed(seed);
  const at::Tensor coarse = at::randn({1, 3, height / 12 + 3, width / 12 + 3});
  return at::upsample_bicubic2d(coarse, {height, width}, false);
}

/// What a camera sees of a wide scene from `left` on.
at::Tensor seen(const at::Tensor &wide, std::int64_t left, std::int64_t width) {
  return wide.slice(3, left, left + width).contiguous();
}

double largest_difference(const at::Tensor &a, const at::Tensor &b) {
  return (a - b).abs().max().item<double>();
}

const int kVocabulary = 0, kOther = 0;

TEST(ScoreSmoother, IsAnExponentialMeanWhereNothingMoves) {
  const at::Tensor picture = scene(120, 160, 1);
  for (const double factor : {0.3, 0.8, 1.0}) {
    ScoreSmoother smoother;
    std::vector<float> expected;
    for (int frame = 0; frame < 5; ++frame) {
      at::manual_seed(static_cast<std::uint64_t>(10 + frame));
      const at::Tensor scores = at::randn({1, 4, 120, 160});
      EXPECT_LE(largest_difference(smoother.smooth_picture(picture, factor), picture), 1e-4);
      const at::Tensor mean = smoother.smooth_scores(scores, &kVocabulary);
      ASSERT_EQ(mean.sizes(), scores.sizes());
      ASSERT_TRUE(mean.is_contiguous());
      const float *now = scores.data_ptr<float>();
      if (frame == 0) expected.assign(now, now + scores.numel());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] = static_cast<float>(factor * expected[i] + (1.0 - factor) * now[i]);
        ASSERT_NEAR(mean.data_ptr<float>()[i], expected[i], 2e-3) << frame << ' ' << i;
      }
    }
  }
}

TEST(ScoreSmoother, TakesMapsOfOtherSizesAndLayouts) {
  const at::Tensor picture = scene(96, 128, 1);
  ScoreSmoother smoother;
  at::manual_seed(5);
  const at::Tensor first = at::randn({1, 7, 9, 6}).permute({0, 3, 2, 1});  // [1, 6, 9, 7]
  const at::Tensor second = at::randn({1, 6, 9, 20}).slice(3, 4, 11);
  smoother.smooth_picture(picture, 0.5);
  EXPECT_EQ(largest_difference(smoother.smooth_scores(first, &kVocabulary), first), 0.0);
  smoother.smooth_picture(picture, 0.5);
  EXPECT_LE(largest_difference(smoother.smooth_scores(second, &kVocabulary), (first + second) / 2),
            1e-5);
}

TEST(ScoreSmoother, TheInputsMayBeWrittenToAgain) {
  at::Tensor picture = scene(60, 80, 1).clone(), scores = at::ones({1, 2, 60, 80});
  ScoreSmoother smoother;
  smoother.smooth_picture(picture, 0.5);
  const at::Tensor mean = smoother.smooth_scores(scores, &kVocabulary);
  const at::Tensor kept = picture.clone();
  scores.fill_(7.0);
  picture.fill_(-1.0);
  EXPECT_EQ(largest_difference(mean, at::ones_like(mean)), 0.0);
  EXPECT_LE(largest_difference(smoother.smooth_picture(kept, 0.5), kept), 1e-4);
  smoother.smooth_scores(at::zeros({1, 2, 60, 80}), &kVocabulary);
  EXPECT_EQ(largest_difference(mean, at::ones_like(mean)), 0.0);
}

TEST(ScoreSmoother, FollowsWhatMoves) {
  const std::int64_t width = 320, step = 9;
  const at::Tensor wide = scene(240, width + 5 * step, 2);
  // One class's scores are as the scene itself, so that they move along.
  const at::Tensor wide_scores = at::cat({wide, -wide}, 1);
  ScoreSmoother smoother;
  at::Tensor mean, plain;
  for (std::int64_t frame = 0; frame < 5; ++frame) {
    const at::Tensor scores = seen(wide_scores, frame * step, width);
    smoother.smooth_picture(seen(wide, frame * step, width), 0.8);
    mean = smoother.smooth_scores(scores, &kVocabulary);
    plain = frame == 0 ? scores : plain * 0.8 + scores * 0.2;
  }
  // Away from the edge where the scene comes in.
  const at::Tensor truth = seen(wide_scores, 4 * step, width).slice(3, 0, width - 5 * step);
  const auto error = [&](const at::Tensor &map) {
    return (map.slice(3, 0, width - 5 * step) - truth).abs().mean().item<double>();
  };
  EXPECT_LE(error(mean), 0.2 * error(plain));
}

TEST(ScoreSmoother, TakesNoiseOutOfScoresAndPicture) {
  const std::int64_t width = 320;
  const at::Tensor wide = scene(240, width + 60, 3);
  ScoreSmoother smoother;
  double noise_of_scores = 0, noise_of_mean = 0, noise_of_picture = 0, noise_of_guide = 0;
  for (std::int64_t frame = 0; frame < 12; ++frame) {
    at::manual_seed(static_cast<std::uint64_t>(frame));
    const at::Tensor clean = seen(wide, 4 * frame, width);
    const at::Tensor picture = clean + 0.15 * at::randn_like(clean);  // 10 levels of 255
    const at::Tensor scores = clean + 0.3 * at::randn_like(clean);
    const at::Tensor guide = smoother.smooth_picture(picture, 0.8);
    const at::Tensor mean = smoother.smooth_scores(scores, &kVocabulary);
    if (frame < 8) continue;
    const auto error = [&](const at::Tensor &map) {
      return (map - clean).slice(3, 0, width - 60).square().mean().sqrt().item<double>();
    };
    noise_of_scores += error(scores);
    noise_of_mean += error(mean);
    noise_of_picture += error(picture);
    noise_of_guide += error(guide);
  }
  EXPECT_LE(noise_of_mean, 0.5 * noise_of_scores);
  EXPECT_LE(noise_of_guide, 0.6 * noise_of_picture);
}

TEST(ScoreSmoother, ForgetsWhereSomethingElseAppears) {
  const at::Tensor before = scene(240, 320, 4);
  at::Tensor now = before.clone();
  const auto inside = [](const at::Tensor &map) {
    return map.slice(2, 90, 150).slice(3, 120, 200);
  };
  inside(now).copy_(inside(scene(240, 320, 5)) + 2.0);
  ScoreSmoother smoother;
  smoother.smooth_picture(before, 0.9);
  smoother.smooth_scores(at::zeros({1, 1, 240, 320}), &kVocabulary);
  smoother.smooth_picture(now, 0.9);
  const at::Tensor mean = smoother.smooth_scores(at::ones({1, 1, 240, 320}), &kVocabulary);
  // All but the present counts for little where the picture has changed, and for much elsewhere.
  EXPECT_GE(inside(mean).mean().item<double>(), 0.6);
  EXPECT_NEAR(mean.slice(2, 0, 60).mean().item<double>(), 0.1, 0.02);
}

/// True where the second frame of two is given back as it is.
struct Step {
  at::Tensor picture, scores;
  const void *queries = &kVocabulary;
  double factor = 0.8;
};

bool starts_anew(const Step &first, const Step &second, bool reset = false) {
  ScoreSmoother smoother;
  smoother.smooth_picture(first.picture, first.factor);
  smoother.smooth_scores(first.scores, first.queries);
  if (reset) smoother.reset();
  smoother.smooth_picture(second.picture, second.factor);
  return at::equal(smoother.smooth_scores(second.scores, second.queries), second.scores);
}

TEST(ScoreSmoother, ThePastEndsWhereItShould) {
  const Step first{scene(120, 160, 1), at::zeros({1, 3, 120, 160})};
  const at::Tensor ones = at::ones({1, 3, 120, 160});
  EXPECT_FALSE(starts_anew(first, {first.picture, ones}));
  EXPECT_TRUE(starts_anew(first, {first.picture, ones}, true)) << "reset()";
  EXPECT_TRUE(starts_anew(first, {scene(120, 160, 9), ones})) << "a scene cut";
  EXPECT_TRUE(starts_anew(first, {first.picture, ones, &kOther})) << "another vocabulary";
  EXPECT_TRUE(starts_anew(first, {first.picture, at::ones({1, 4, 120, 160})})) << "more words";
  EXPECT_TRUE(starts_anew(first, {first.picture, at::ones({1, 3, 60, 80})})) << "smaller scores";
  EXPECT_TRUE(starts_anew(first, {scene(120, 176, 1), ones})) << "a wider picture";
  EXPECT_TRUE(starts_anew(first, {first.picture, ones, &kVocabulary, 0.0})) << "switched off";
}

TEST(ScoreSmoother, SwitchedOffItGivesBackWhatItGot) {
  ScoreSmoother smoother;
  const at::Tensor picture = scene(60, 80, 1), scores = at::randn({1, 3, 60, 80});
  EXPECT_TRUE(smoother.smooth_picture(picture, 0.0).is_same(picture));
  EXPECT_TRUE(smoother.smooth_scores(scores, &kVocabulary).is_same(scores));
  smoother.smooth_picture(picture, 0.7);
  smoother.smooth_scores(scores + 1.0, &kVocabulary);
  smoother.smooth_picture(picture, 0.0);
  smoother.smooth_scores(scores, &kVocabulary);
  smoother.smooth_picture(picture, 0.7);
  EXPECT_TRUE(at::equal(smoother.smooth_scores(scores, &kVocabulary), scores))
      << "the past is gone";
}

TEST(ScoreSmoother, TakesPicturesOfAnySize) {
  for (const auto &[height, width] :
       {std::pair<std::int64_t, std::int64_t>{1, 1}, {3, 5}, {16, 16}, {17, 400}, {336, 20}}) {
    ScoreSmoother smoother;
    const at::Tensor picture = at::full({1, 3, height, width}, 0.25);
    for (const double score : {0.0, 1.0}) {
      smoother.smooth_picture(picture, 0.5);
      const at::Tensor mean =
          smoother.smooth_scores(at::full({1, 2, height, width}, score), &kVocabulary);
      EXPECT_LE(largest_difference(mean, at::full_like(mean, score / 2)), 1e-5)
          << height << " x " << width;
    }
  }
}

}  // namespace
}  // namespace naclip
