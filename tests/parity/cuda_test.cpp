// The same network on a GPU. Skipped where there is none.
#include <gtest/gtest.h>

#include "golden.h"
#include "model/machine/device.h"
#include "model/network/checkpoint.h"
#include "model/network/clip_vision.h"
#include "model/segmenter.h"
#include "model/stages/decode.h"
#include "model/stages/refine.h"

namespace naclip::testing {
namespace {

constexpr double kRelativeError = 1e-4;
constexpr double kHalfLabelsEqual = 0.97;

class Cuda : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      compute_ = choose_compute("cuda", Precision::kFloat32);
    } catch (const Error &error) {
      GTEST_SKIP() << error.what();
    }
  }

  static std::vector<std::uint8_t> labels(const std::string &device, Precision precision) {
    ModelOptions options;
    options.model = test::golden_folder() + "/tiny-openai.safetensors";
    options.device = device;
    options.precision = precision;
    const auto segmenter = load_segmenter(options);
    InferenceOptions inference;
    inference.mask_size = MaskSize::kFrame;
    const at::Tensor rgb = golden().at("e2e/rgb");
    Picture picture;
    picture.height = static_cast<int>(rgb.size(0));
    picture.width = static_cast<int>(rgb.size(1));
    picture.planes[0] = rgb.data_ptr<std::uint8_t>();
    picture.strides[0] = rgb.size(1) * 3;
    const auto vocabulary =
        segmenter->encode(Vocabulary::parse("sky, wall; cat; person; traffic light; tv"));
    return segmenter->segment({&picture, 1}, *vocabulary, inference).at(0).labels;
  }

  static double part_equal(const std::vector<std::uint8_t> &a, const std::vector<std::uint8_t> &b) {
    std::size_t equal = 0;
    for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b.at(i);
    return static_cast<double>(equal) / static_cast<double>(a.size());
  }

  Compute compute_;
};

TEST_F(Cuda, FeaturesInFloat32AreTheReferences) {
  const Checkpoint checkpoint = read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
  ClipVision vision(checkpoint, compute_, Attention::kNaclip, Architecture::kReduced,
                    parameter("gaussian_std"));
  for (const char *image : {"native", "wide", "ragged"})
    EXPECT_LE(relative_error(vision.encode(golden().at(std::string("image/") + image)),
                             golden().at(std::string("features/reduced/naclip/") + image)),
              kRelativeError);
}

TEST_F(Cuda, RefinementIsTheReferences) {
  const auto to = [&](const char *name) { return golden().at(name).to(compute_.device); };
  EXPECT_LE(relative_error(refine(to("pamr/image"), to("pamr/logits"), 10, {8, 16}),
                           golden().at("pamr/steps10-dilations8_16")),
            kRelativeError);
}

TEST_F(Cuda, LabelsInFloat32AreThoseOfTheCpu) {
  EXPECT_GE(part_equal(labels("cuda", Precision::kFloat32), labels("cpu", Precision::kFloat32)),
            0.999);
}

TEST_F(Cuda, LabelsInHalfPrecisionAgreeWithFloat32) {
  for (const Precision precision : {Precision::kFloat16, Precision::kBfloat16})
    EXPECT_GE(part_equal(labels("cuda", precision), labels("cpu", Precision::kFloat32)),
              kHalfLabelsEqual);
}

}  // namespace
}  // namespace naclip::testing
