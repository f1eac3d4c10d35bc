// Models whose pictures were normalised by other numbers than OpenAI's.
#include "model/checkpoint/picture_statistics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/error.h"
#include "model/kernels/preprocess.h"
#include "model/network/checkpoint.h"
#include "tests/model/checkpoint/checkpoint_files.h"

namespace naclip {
namespace {

constexpr const char *kOpenAis =
    R"("mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711])";

/// A checkpoint in a folder of its own with these files beside it.
std::string beside(std::map<std::string, std::string> files) {
  return test::golden_beside("normalised", std::move(files));
}

std::string open_clip(const std::string &statistics) {
  return R"({"preprocess_cfg": {)" + statistics + "}}";
}

void expect_refused(const std::map<std::string, std::string> &files, const std::string &part) {
  const std::string path = beside(files);
  try {
    read_checkpoint(path, Activation::kQuickGelu);
    ADD_FAILURE() << "no error for " << files.begin()->second;
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

/// Patches with their positions, double [N, width], of a picture that is normalised like this.
at::Tensor embedded(const Checkpoint &checkpoint, const at::Tensor &picture) {
  const at::Tensor patches = at::conv2d(
      picture, checkpoint.at("visual.conv1.weight").to(at::kDouble), {}, checkpoint.sizes.patch);
  return patches.flatten(2).transpose(1, 2)[0] +
         checkpoint.at("visual.positional_embedding").to(at::kDouble).slice(0, 1);
}

at::Tensor normalised(const at::Tensor &picture, const std::array<double, 3> &mean,
                      const std::array<double, 3> &deviation) {
  const auto channels = [](const std::array<double, 3> &values) {
    return at::tensor(at::ArrayRef<double>(values), at::kDouble).view({1, 3, 1, 1});
  };
  return (picture - channels(mean)) / channels(deviation);
}

TEST(PictureStatistics, OfAConfigurationAreWhatTheModelSees) {
  const Checkpoint plain = read_checkpoint(beside({}), Activation::kQuickGelu);
  const std::string halves = R"("mean": [0.5, 0.4, 0.3], "std": [0.5, 0.25, 1])";
  const std::array<double, 3> mean{0.5, 0.4, 0.3}, deviation{0.5, 0.25, 1};
  const std::map<std::string, std::string> configurations{
      {"open_clip_config.json", open_clip(halves)},
      {"open_clip_model_config.json", open_clip(halves)},
      {"preprocessor_config.json",
       R"({"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 1]})"}};
  at::manual_seed(3);
  const std::int64_t side = plain.sizes.patch * plain.sizes.native_grid;
  const at::Tensor picture = at::rand({1, 3, side, side}, at::kDouble);
  const at::Tensor wanted = embedded(plain, normalised(picture, mean, deviation));
  for (const auto &[name, text] : configurations) {
    const std::string path = beside({{name, text}});
    const auto stated = configured_statistics(path);
    ASSERT_TRUE(stated) << name;
    EXPECT_EQ(stated->source, name);
    const Checkpoint checkpoint = read_checkpoint(path, Activation::kQuickGelu);
    const at::Tensor found =
        embedded(checkpoint, normalised(picture, kPictureMean, kPictureDeviation));
    EXPECT_LT((found - wanted).abs().max().item<double>(), 1e-5 * wanted.abs().max().item<double>())
        << name;
    // The class token sees no picture, and nothing else changes.
    for (const auto &[tensor, value] : plain.tensors) {
      at::Tensor one = value, other = checkpoint.at(tensor);
      if (tensor == "visual.conv1.weight") continue;
      if (tensor == "visual.positional_embedding") {
        one = one[0].to(at::kFloat);
        other = other[0];
      }
      EXPECT_TRUE(at::equal(one, other)) << tensor;
    }
  }
}

TEST(PictureStatistics, OfOpenAiChangeNothing) {
  const Checkpoint plain = read_checkpoint(beside({}), Activation::kQuickGelu);
  for (const std::string &text : {open_clip(kOpenAis), std::string("{}"),
                                  std::string(R"({"preprocess_cfg": {"mean": [0, 0, 0]}})")}) {
    const std::string path = beside({{"open_clip_config.json", text}});
    EXPECT_FALSE(configured_statistics(path)) << text;
    const Checkpoint checkpoint = read_checkpoint(path, Activation::kQuickGelu);
    for (const auto &[name, value] : plain.tensors) {
      EXPECT_EQ(checkpoint.at(name).scalar_type(), value.scalar_type()) << name;
      EXPECT_TRUE(at::equal(checkpoint.at(name), value)) << name;
    }
  }
}

TEST(PictureStatistics, OfOpenAiAreWhatTheKernelsNormaliseBy) {
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(255 * kPictureMean[c], kernels::kMean[c], 1e-3);
    EXPECT_NEAR(255 * kPictureDeviation[c], kernels::kDeviation[c], 1e-3);
  }
}

TEST(PictureStatistics, ThatNoPictureCanBeNormalisedByAreRefused) {
  const std::string good = R"("mean": [0.5, 0.5, 0.5], )";
  for (const char *deviation : {"[0.5, 0.5]", "[0.5, 0.5, 0]", "[0.5, -0.5, 0.5]", "0.5",
                                "[0.5, 0.5, \"0.5\"]", "[128, 128, 128]"})
    expect_refused({{"open_clip_config.json", open_clip(good + R"("std": )" + deviation)}},
                   "open_clip_config.json beside it: std is not three numbers");
  expect_refused({{"preprocessor_config.json",
                   R"({"image_mean": [123, 117, 104], "image_std": [0.5, 0.5, 0.5]})"}},
                 "preprocessor_config.json beside it: image_mean is not");
  expect_refused({{"preprocessor_config.json", "no JSON"}}, "cannot be read as JSON");
}

}  // namespace
}  // namespace naclip
