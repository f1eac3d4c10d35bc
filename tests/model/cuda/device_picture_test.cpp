// Pictures that are said to lie on a GPU, given to a model that is not there.
#include <gtest/gtest.h>

#include "model/segmenter.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

TEST(DevicePicture, IsRefusedByAModelOnTheCpuWithoutBeingRead) {
  ModelOptions options;
  options.model = test::golden_folder() + "/tiny-openai.safetensors";
  options.device = "cpu";
  const auto segmenter = load_segmenter(options);
  const auto vocabulary = segmenter->encode(Vocabulary::parse("cat; dog"));
  Picture picture;
  picture.width = picture.height = 64;
  picture.planes[0] = reinterpret_cast<const std::uint8_t *>(0x10);  // would fault
  picture.strides[0] = 192;
  picture.cuda_device = 0;
  try {
    segmenter->segment({&picture, 1}, *vocabulary, {});
    FAIL() << "took a picture that it cannot read";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
    EXPECT_NE(std::string(error.what()).find("host memory"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace naclip
