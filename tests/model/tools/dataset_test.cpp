#include "model/tools/naclip-eval/dataset.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "eval_files.h"
#include "model/error.h"
#include "model/tools/naclip-eval/benchmark.h"

namespace naclip::eval {
namespace {

using test::holds;
using test::TemporaryFolder;

/// Only that they are there matters here.
void touch(const TemporaryFolder &folder, const std::vector<std::string> &names) {
  for (const std::string &name : names) test::write_text(folder / name, name);
}

Dataset find(const TemporaryFolder &folder, const std::string &name) {
  const Benchmark &benchmark = benchmark_named(name);
  return find_dataset(benchmark.layout, benchmark.title, folder.path());
}

std::string failure(const TemporaryFolder &folder, const std::string &name) {
  try {
    find(folder, name);
  } catch (const Error &error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Dataset, TakesTheListsPicturesInItsOrder) {
  const TemporaryFolder folder;
  touch(folder, {"JPEGImages/a.jpg", "JPEGImages/b.jpg", "JPEGImages/c.jpg",
                 "SegmentationClass/a.png", "SegmentationClass/b.png", "SegmentationClass/c.png"});
  test::write_text(folder / "ImageSets/Segmentation/val.txt", "c\r\na 1\n\n");
  const Dataset dataset = find(folder, "voc21");
  ASSERT_EQ(dataset.pairs.size(), 2U);
  EXPECT_EQ(dataset.pairs[0].name, "c.jpg");
  EXPECT_EQ(dataset.pairs[0].mask, folder / "SegmentationClass/c.png");
  EXPECT_EQ(dataset.pairs[1].name, "a.jpg");
  EXPECT_TRUE(dataset.problems.empty());
}

TEST(Dataset, IsFoundBelowTheFolderToo) {
  const TemporaryFolder folder;
  touch(folder,
        {"VOCdevkit/VOC2012/JPEGImages/a.jpg", "VOCdevkit/VOC2012/SegmentationClass/a.png"});
  test::write_text(folder / "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt", "a\n");
  EXPECT_EQ(find(folder, "voc20").pairs.size(), 1U);
}

TEST(Dataset, NamesPicturesAndGroundTruthsThatStandAlone) {
  const TemporaryFolder folder;
  touch(folder, {"leftImg8bit/val/bonn/bonn_1_leftImg8bit.png",
                 "leftImg8bit/val/bonn/bonn_2_leftImg8bit.png",
                 "gtFine/val/bonn/bonn_1_gtFine_labelTrainIds.png",
                 "gtFine/val/bonn/bonn_1_gtFine_labelIds.png",
                 "gtFine/val/bonn/bonn_3_gtFine_labelTrainIds.png"});
  const Dataset dataset = find(folder, "cityscapes");
  ASSERT_EQ(dataset.pairs.size(), 1U);
  EXPECT_EQ(dataset.pairs[0].mask, folder / "gtFine/val/bonn/bonn_1_gtFine_labelTrainIds.png");
  ASSERT_EQ(dataset.problems.all().size(), 2U);
  EXPECT_EQ(dataset.problems.all()[0],
            (Problem{ProblemKind::kNoMask, "bonn/bonn_2_leftImg8bit.png", "", 0}));
  EXPECT_EQ(dataset.problems.all()[1],
            (Problem{ProblemKind::kNoPicture, "bonn/bonn_3_gtFine_labelTrainIds.png", "", 0}));
}

TEST(Dataset, NamesWhatTheListNamesAndTheFoldersLack) {
  const TemporaryFolder folder;
  touch(folder, {"JPEGImages/a.jpg", "JPEGImages/b.jpg", "SegmentationClassContext/a.png",
                 "SegmentationClassContext/train.png"});
  test::write_text(folder / "ImageSets/SegmentationContext/val.txt", "a\nb\nc\n");
  const Dataset dataset = find(folder, "context59");
  EXPECT_EQ(dataset.pairs.size(), 1U);
  EXPECT_EQ(dataset.problems.count(ProblemKind::kNoMask), 1U);
  EXPECT_EQ(dataset.problems.count(ProblemKind::kNoPicture), 1U);
}

TEST(Dataset, OfAnotherKindIsRefusedWithWhatIsThereAndWhatIsNot) {
  const TemporaryFolder folder;
  touch(folder, {"images/val2017/a.jpg", "README"});
  const std::string message = failure(folder, "coco-stuff");
  EXPECT_TRUE(holds(message, "COCO-Stuff")) << message;
  EXPECT_TRUE(holds(message, "did not find annotations/val2017;")) << message;
  EXPECT_TRUE(holds(message, "holds README, images/")) << message;
  EXPECT_TRUE(holds(failure(folder, "voc21"), "ImageSets/Segmentation/val.txt"));
}

TEST(Dataset, ThatIsNotThereIsRefused) {
  try {
    find_dataset(benchmark_named("ade20k").layout, "ADE20K", "/nowhere/ade");
    FAIL();
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_TRUE(holds(error.what(), "/nowhere/ade does not exist")) << error.what();
  }
}

TEST(Dataset, WithoutOnePairIsRefusedWithTheNamesLookedFor) {
  const TemporaryFolder folder;
  touch(folder, {"images/val2017/a.jpg", "annotations/val2017/a.png"});
  const std::string message = failure(folder, "coco-object");
  EXPECT_TRUE(holds(message, "*_instanceTrainIds.png")) << message;
  EXPECT_TRUE(holds(message, "1 picture without ground truth: a.jpg")) << message;
}

TEST(Dataset, WithAnEmptyListIsRefused) {
  const TemporaryFolder folder;
  touch(folder, {"JPEGImages/a.jpg", "SegmentationClass/a.png"});
  test::write_text(folder / "ImageSets/Segmentation/val.txt", "\n");
  EXPECT_TRUE(holds(failure(folder, "voc21"), "names no picture"));
}

TEST(Dataset, OfOnesOwnPairsByPathWithoutEnding) {
  const TemporaryFolder folder;
  touch(folder,
        {"p/s/a.JPG", "p/b.png", "p/c.jpeg", "p/notes.txt", "m/s/a.png", "m/b.png", "m/d.png"});
  const Dataset dataset = find_pairs(folder / "p", folder / "m");
  ASSERT_EQ(dataset.pairs.size(), 2U);
  EXPECT_EQ(dataset.pairs[0].name, "b.png");
  EXPECT_EQ(dataset.pairs[1].name, "s/a.JPG");
  EXPECT_EQ(dataset.problems.count(ProblemKind::kNoMask), 1U);
  EXPECT_EQ(dataset.problems.count(ProblemKind::kNoPicture), 1U);
  EXPECT_THROW(find_pairs(folder / "nowhere", folder / "m"), Error);
}

TEST(Dataset, HasAnotherFingerprintOnceAFileChanges) {
  const TemporaryFolder folder;
  touch(folder, {"p/a.png", "m/a.png"});
  const std::string before = find_pairs(folder / "p", folder / "m").fingerprint();
  EXPECT_EQ(find_pairs(folder / "p", folder / "m").fingerprint(), before);
  test::write_text(folder / "m/a.png", "longer than it was");
  EXPECT_NE(find_pairs(folder / "p", folder / "m").fingerprint(), before);
}

TEST(Problems, AreCountedWholeAndNamedInPart) {
  Problems problems;
  for (int i = 0; i < 12; ++i)
    problems.add({ProblemKind::kNoMask, std::to_string(i) + ".jpg", "", 0});
  problems.add({ProblemKind::kLabelOutOfRange, "x.jpg", "label 77", 1234});
  const auto sentences = problems.sentences(2);
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_EQ(sentences[0], "12 pictures without ground truth: 0.jpg, 1.jpg and 10 more");
  EXPECT_EQ(sentences[1],
            "1 ground truth with labels out of range, 1,234 pixels in all: x.jpg (label 77)");
}

}  // namespace
}  // namespace naclip::eval
