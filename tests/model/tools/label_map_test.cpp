#include "model/tools/naclip-eval/label_map.h"

#include <gtest/gtest.h>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/benchmark.h"
#include "model/tools/naclip-eval/picture_file.h"

namespace naclip::eval {
namespace {

using test::MaskKind;
using test::Samples;
using test::TemporaryFolder;

std::string message_of(const std::string &path, ErrorKind kind) {
  try {
    read_label_map(path);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(LabelMap, ReadsTheIndicesOfAPaletteNotItsColours) {
  const TemporaryFolder folder;
  const Samples samples{3, 2, {0, 1, 20, 255, 15, 7}};
  test::write_mask(folder / "a.png", samples, MaskKind::kPalette);
  const LabelMap map = read_label_map(folder / "a.png");
  EXPECT_EQ(map.width, 3);
  EXPECT_EQ(map.height, 2);
  EXPECT_EQ(map.values, samples.values);
}

TEST(LabelMap, ReadsSamplesOfEveryDepthUnscaled) {
  const TemporaryFolder folder;
  for (const int bits : {1, 2, 4, 8}) {
    Samples samples{5, 3, {}};
    for (unsigned i = 0; i < 15; ++i)
      samples.values.push_back(static_cast<std::uint16_t>(test::scrambled(i) % (1U << bits)));
    for (const MaskKind kind : {MaskKind::kPalette, MaskKind::kGrey}) {
      test::write_mask(folder / "a.png", samples, kind, bits);
      EXPECT_EQ(read_label_map(folder / "a.png").values, samples.values) << bits;
    }
  }
}

TEST(LabelMap, ReadsGreyOfSixteenBits) {
  const TemporaryFolder folder;
  const Samples samples{2, 2, {0, 300, 65535, 258}};
  test::write_mask(folder / "a.png", samples, MaskKind::kGrey16);
  EXPECT_EQ(read_label_map(folder / "a.png").values, samples.values);
}

TEST(LabelMap, RefusesColoursAndSaysWhatToDo) {
  const TemporaryFolder folder;
  test::write_mask(folder / "a.png", {1, 1, {3}}, MaskKind::kColours);
  const std::string message = message_of(folder / "a.png", ErrorKind::kFormat);
  EXPECT_NE(message.find("colours"), std::string::npos) << message;
  EXPECT_NE(message.find("greyscale"), std::string::npos) << message;
}

TEST(LabelMap, RefusesWhatIsNoWholePng) {
  const TemporaryFolder folder;
  test::write_text(folder / "text.png", "not a picture");
  message_of(folder / "text.png", ErrorKind::kFormat);
  test::write_text(folder / "empty.png", "");
  message_of(folder / "empty.png", ErrorKind::kFormat);
  test::write_mask(folder / "a.png", {64, 64, std::vector<std::uint16_t>(64 * 64, 3)});
  const std::string whole = test::read_text(folder / "a.png");
  for (std::size_t size = 1; size < whole.size() - 12; size += 7) {
    test::write_text(folder / "cut.png", whole.substr(0, size));
    message_of(folder / "cut.png", ErrorKind::kFormat);
  }
  message_of(folder / "nowhere.png", ErrorKind::kNotFound);
}

TEST(Labelling, OfABackgroundIsTheRegionsThemselves) {
  const Benchmark benchmark = benchmark_named("voc21");
  const LabelMeaning meaning(labelling_of(benchmark, vocabulary_of(benchmark)));
  EXPECT_EQ(meaning(0), 0);
  EXPECT_EQ(meaning(20), 20);
  EXPECT_EQ(meaning(21), LabelMeaning::kOutOfRange);
  EXPECT_EQ(meaning(255), LabelMeaning::kIgnored);
}

TEST(Labelling, WithZeroReducedIgnoresZeroAndCountsFromOne) {
  const Benchmark benchmark = benchmark_named("ade20k");
  const LabelMeaning meaning(labelling_of(benchmark, vocabulary_of(benchmark)));
  EXPECT_EQ(meaning(0), LabelMeaning::kIgnored);
  EXPECT_EQ(meaning(1), 1);  // the wall, the first class
  EXPECT_EQ(meaning(150), 150);
  EXPECT_EQ(meaning(151), LabelMeaning::kOutOfRange);
  EXPECT_EQ(meaning(255), LabelMeaning::kIgnored);
}

TEST(Labelling, WithoutABackgroundCountsClassesFromZero) {
  const Benchmark benchmark = benchmark_named("cityscapes");
  const LabelMeaning meaning(labelling_of(benchmark, vocabulary_of(benchmark)));
  EXPECT_EQ(meaning(0), 1);  // the road, region 1
  EXPECT_EQ(meaning(18), 19);
  EXPECT_EQ(meaning(19), LabelMeaning::kOutOfRange);
  EXPECT_EQ(meaning(255), LabelMeaning::kIgnored);
}

TEST(Labelling, OfOnesOwnIgnoresZeroUnlessItIsABackground) {
  const auto meaning_of = [](const char *words, const std::vector<int> &ignored) {
    return LabelMeaning(labelling_of(Vocabulary::parse(words), ignored));
  };
  EXPECT_EQ(meaning_of("cat; dog", {})(0), LabelMeaning::kIgnored);
  EXPECT_EQ(meaning_of("cat; dog", {})(255), LabelMeaning::kIgnored);
  EXPECT_EQ(meaning_of("cat; dog", {})(2), 2);
  EXPECT_EQ(meaning_of("cat; dog", {})(3), LabelMeaning::kOutOfRange);
  EXPECT_EQ(meaning_of("cat; background: wall", {})(0), 0);
  EXPECT_EQ(meaning_of("cat; dog", {7})(0), 0);
  EXPECT_EQ(meaning_of("cat; dog", {7})(255), LabelMeaning::kOutOfRange);
  EXPECT_EQ(meaning_of("cat; dog", {7})(7), LabelMeaning::kIgnored);
  std::string many;
  for (int i = 1; i <= 300; ++i) many += "class " + std::to_string(i) + "\n";
  EXPECT_EQ(meaning_of(many.c_str(), {})(255), 255);
  EXPECT_EQ(meaning_of(many.c_str(), {})(300), 300);
}

TEST(PictureFile, IsTurnedAsItsOrientationSays) {
  const TemporaryFolder folder;
  test::write_picture(folder / "a.jpg", 48, 32, 1);
  std::string jpeg = test::read_text(folder / "a.jpg");
  // An Exif segment after the start of the file: one entry, orientation 6.
  const std::string exif(
      "\xff\xe1\x00\x22"
      "Exif\0\0"
      "MM\0\x2a\0\0\0\x08"
      "\0\x01"
      "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
      "\0\0\0\0",
      36);
  test::write_text(folder / "turned.jpg", jpeg.insert(2, exif));
  const PictureFile picture(folder / "turned.jpg");
  EXPECT_EQ(picture.width(), 32);
  EXPECT_EQ(picture.height(), 48);
}

TEST(PictureFile, RefusesWhatIsNone) {
  const TemporaryFolder folder;
  test::write_text(folder / "a.jpg", "not a picture");
  EXPECT_THROW(PictureFile(folder / "a.jpg"), Error);
  EXPECT_THROW(PictureFile(folder / "b.jpg"), Error);
}

}  // namespace
}  // namespace naclip::eval
