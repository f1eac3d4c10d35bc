// SC-CLIP against the tensors of its published code, at float32: relative error <= 1e-4, outliers
// equal; and the fused form against the plain one on grids of odd sizes.

#include <gtest/gtest.h>

#include "golden.h"
#include "model/error.h"
#include "model/kernels/scclip.h"
#include "model/network/checkpoint.h"
#include "model/network/clip_vision.h"
#include "model/network/scclip.h"

namespace naclip::testing {
namespace {

constexpr double kRelativeError = 1e-4;

std::string deep_model() {
  return test::golden_beyond_folder() + "/deep-openai.safetensors";
}

class ScClipParity : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tensors_ = read_tensors(test::golden_beyond_folder() + "/expected-beyond.safetensors");
  }
  static void TearDownTestSuite() { tensors_.clear(); }

  static const at::Tensor &golden_beyond(const std::string &name) { return tensors_.at(name); }

  /// "square", "wide" ...
  static std::vector<std::string> images() {
    std::vector<std::string> found;
    for (const auto &[name, tensor] : tensors_)
      if (name.starts_with("image/")) found.push_back(last_part(name));
    return found;
  }

  static at::Tensor patches_of(const std::string &name) {
    return golden_beyond(name).slice(0, 1).unsqueeze(0);
  }

 private:
  static inline std::map<std::string, at::Tensor> tensors_;
};

TEST_F(ScClipParity, FeaturesAreEqual) {
  ASSERT_FALSE(images().empty());
  ClipVision vision(read_checkpoint(deep_model()), Compute{}, Attention::kScclip,
                    Architecture::kReduced, 5.0);
  for (const std::string &image : images()) {
    const at::Tensor features = vision.encode(golden_beyond("image/" + image)).slice(1, 1);
    const double error = relative_error(features, golden_beyond("scclip/" + image + "/features"));
    RecordProperty(image, std::to_string(error));
    EXPECT_LE(error, kRelativeError) << image;
  }
}

TEST_F(ScClipParity, OutliersAndTheirFactorsAreEqual) {
  for (const std::string &image : images()) {
    const std::string prefix = "scclip/" + image + "/";
    const at::Tensor factors = plain::outlier_factors(patches_of(prefix + "block11"));
    EXPECT_LE(relative_error(factors[0], golden_beyond(prefix + "lof")), kRelativeError) << image;
    const at::Tensor found = plain::outliers(factors)[0].nonzero().flatten();
    EXPECT_TRUE(found.equal(std::get<0>(golden_beyond(prefix + "outliers").sort()))) << image;
  }
}

/// Streams with outliers and groups of patches that are alike, as a network's are.
ScClipStreams streams_of(std::int64_t pictures, std::int64_t patches, std::int64_t width) {
  at::manual_seed(static_cast<std::uint64_t>(patches));
  const at::Tensor groups = at::randn({3, width});
  const auto stream = [&] {
    const at::Tensor group = at::randint(3, {pictures * (1 + patches)}, at::kLong);
    return (groups.index_select(0, group) + 0.6 * at::randn({pictures * (1 + patches), width}))
        .view({pictures, 1 + patches, width});
  };
  ScClipStreams streams{stream(), stream(), stream(), stream()};
  if (patches > 4) streams.deep.select(1, 3).mul_(7.0);
  return streams;
}

struct GridSize {
  std::int64_t pictures, rows, columns;
};

class ScClipFused : public ::testing::TestWithParam<GridSize> {};

TEST_P(ScClipFused, EqualsThePlainForm) {
  const auto [pictures, rows, columns] = GetParam();
  const ScClipStreams streams = streams_of(pictures, rows * columns, 40);
  const Calibration fused = calibrate(streams, rows, columns),
                    plain = plain::calibrate(streams, rows, columns);
  EXPECT_LE(relative_error(fused.patches, plain.patches), 1e-5);
  EXPECT_LE(relative_error(fused.weights, plain.weights), 1e-5);
  EXPECT_LE(relative_error(fused.spread, plain.spread), 1e-5);
  EXPECT_TRUE(fused.patches.isfinite().all().item<bool>());
  EXPECT_TRUE(fused.weights.isfinite().all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Grids, ScClipFused,
                         ::testing::Values(GridSize{1, 1, 1}, GridSize{2, 1, 2}, GridSize{1, 5, 3},
                                           GridSize{1, 4, 5}, GridSize{1, 1, 31},
                                           GridSize{3, 30, 1}, GridSize{2, 14, 14},
                                           GridSize{1, 9, 23}),
                         [](const auto &info) {
                           return std::to_string(info.param.pictures) + "x" +
                                  std::to_string(info.param.rows) + "x" +
                                  std::to_string(info.param.columns);
                         });

TEST(ScClip, EqualPatchesGiveFiniteWeights) {
  const at::Tensor same = at::full({1, 13, 24}, 0.3F);
  const ScClipStreams streams{same, same, same, same};
  for (const Calibration &one : {calibrate(streams, 3, 4), plain::calibrate(streams, 3, 4)}) {
    EXPECT_TRUE(one.patches.isfinite().all().item<bool>());
    EXPECT_TRUE(one.weights.isfinite().all().item<bool>());
    EXPECT_LE(relative_error(one.weights.sum(-1), at::ones({1, 12})), 1e-5);
  }
}

TEST(ScClip, APatchReadsItselfThoughRoundingPutsItBelowTheMean) {
  std::vector<float> row{0.5F, 0.5F, 0.5F};
  kernels::attend_row(row.data(), 3, 1, 0.6F);
  EXPECT_EQ(row, (std::vector<float>{0.0F, 1.0F, 0.0F}));
}

TEST(ScClip, AnOutlierBecomesTheMeanOfItsSoundNeighbours) {
  // Patches 0 .. 5 of a grid of 2 x 3; 1 and 2 are outliers.
  const at::Tensor patches = at::arange(6, at::kFloat).view({1, 6, 1});
  const at::Tensor outliers = at::zeros({1, 6}, at::kBool);
  outliers.data_ptr<bool>()[1] = outliers.data_ptr<bool>()[2] = true;
  const at::Tensor mended = plain::repaired(patches, outliers, 2, 3).flatten();
  const std::vector<float> expected{
      0.0F, (0.0F + 3.0F + 4.0F + 5.0F) / 4.0F, (4.0F + 5.0F) / 2.0F, 3.0F, 4.0F, 5.0F};
  for (std::int64_t i = 0; i < 6; ++i)
    EXPECT_FLOAT_EQ(mended[i].item<float>(), expected[static_cast<std::size_t>(i)]) << i;
  EXPECT_TRUE(plain::repaired(patches, at::ones({1, 6}, at::kBool), 2, 3).equal(patches));
}

TEST(ScClip, BlocksFollowTheDepth) {
  const auto expect = [](std::int64_t depth, std::vector<std::int64_t> numbers, double share) {
    const ScClipBlocks own = scclip_blocks(depth);
    EXPECT_EQ((std::vector<std::int64_t>{own.shallow, own.middle, own.sum_from, own.sum_to}),
              numbers)
        << depth;
    EXPECT_EQ(own.class_share, share) << depth;
  };
  expect(12, {4, 9, 4, 10}, 0.3);
  expect(24, {7, 17, 9, 19}, 0.1);
  expect(6, {2, 5, 2, 5}, 0.3);
  expect(32, {9, 23, 12, 25}, 0.1);
  expect(1, {0, 0, 0, 0}, 0.3);
}

TEST(ScClip, GoesWithTheReducedArchitectureOnly) {
  const Checkpoint checkpoint = read_checkpoint(deep_model());
  EXPECT_THROW(ClipVision(checkpoint, Compute{}, Attention::kScclip, Architecture::kVanilla, 5.0),
               Error);
}

}  // namespace
}  // namespace naclip::testing
