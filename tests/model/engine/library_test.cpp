// libnaclip as a program sees it that links the shared library: public headers, exported symbols.
#include <gtest/gtest.h>

#include <vector>

#include "model/segmenter.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

ModelOptions tiny() {
  ModelOptions options;
  options.model = test::golden_folder() + "/tiny-openai.safetensors";
  options.device = "cpu";
  return options;
}

TEST(Library, SegmentsAPictureThroughItsPublicHeadersAlone) {
  const auto segmenter = load_segmenter(tiny());
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog, wolf"));
  const std::vector<std::uint8_t> pixels(60 * 40 * 3, 90);
  Picture picture;
  picture.width = 60;
  picture.height = 40;
  picture.planes[0] = pixels.data();
  picture.strides[0] = 60 * 3;
  InferenceOptions options;
  options.input_size = 96;
  options.window_size = 0;
  options.mask_size = MaskSize::kFrame;
  const Segmentation result = segmenter->segment({&picture, 1}, *vocabulary, options).at(0);
  EXPECT_EQ(result.labels.size(), 60U * 40U);
  EXPECT_EQ(result.regions.size(), 3U);
  EXPECT_NEAR(result.regions[1].share + result.regions[2].share, 1.0, 1e-9);
}

TEST(Library, ItsErrorsAreCaughtByTheirType) {
  EXPECT_THROW(Vocabulary::parse(";"), Error);
  ModelOptions options = tiny();
  options.model = "/nowhere";
  EXPECT_THROW(load_segmenter(options), Error);
}

}  // namespace
}  // namespace naclip
