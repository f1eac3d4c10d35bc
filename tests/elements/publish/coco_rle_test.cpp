// Run lengths: by hand, read back by a decoder of another making, and by pycocotools where it is.
#include "elements/publish/coco_rle.h"

#include <gtest/gtest.h>

#include <random>

#include "tools.h"

namespace naclip::testing {
namespace {

std::string text_of(std::initializer_list<std::int64_t> lengths) {
  RleText text;
  for (const std::int64_t length : lengths) text.add(length);
  return text.text();
}

/// Lengths of runs that a text holds.
std::vector<std::int64_t> lengths_in(const std::string &text) {
  std::vector<std::int64_t> lengths;
  for (std::size_t i = 0; i < text.size();) {
    std::int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; shift += 5) {
      const int bits = text[i++] - 48;
      value += static_cast<std::int64_t>(bits & 31) << shift;
      more = (bits & 32) != 0;
      if (!more && (bits & 16) != 0) value -= std::int64_t{1} << (shift + 5);
    }
    if (lengths.size() > 2) value += lengths[lengths.size() - 2];
    lengths.push_back(value);
  }
  return lengths;
}

/// The mask of one text.
cv::Mat mask_of(const std::string &text, int height, int width) {
  cv::Mat mask(height, width, CV_8UC1, cv::Scalar(7));
  std::int64_t place = 0;
  int value = 0;
  for (const std::int64_t length : lengths_in(text)) {
    for (std::int64_t end = place + length; place < end; ++place)
      mask.at<std::uint8_t>(static_cast<int>(place % height), static_cast<int>(place / height)) =
          static_cast<std::uint8_t>(value);
    value = 1 - value;
  }
  EXPECT_EQ(place, static_cast<std::int64_t>(height) * width);
  return mask;
}

bool are_equal(const cv::Mat &a, const cv::Mat &b) {
  return a.size() == b.size() && cv::countNonZero(a != b) == 0;
}

TEST(RleText, IsAsWorkedOutByHand) {
  EXPECT_EQ(text_of({0}), "0");
  EXPECT_EQ(text_of({15}), "?");
  EXPECT_EQ(text_of({16}), "`0") << "one bit more, since the fifth one is the sign";
  EXPECT_EQ(text_of({31, 32, 1000}), "o0P1Xo0");
  // The fourth is 5 less than the second, which is -1 and its low five bits all 1.
  EXPECT_EQ(text_of({6, 6, 6, 5}), "666O");
  EXPECT_EQ(text_of({6, 6, 6, 40, 6, 10}), "666R10RO")
      << "34, 0 and -30 more than the last but one";
}

TEST(RleText, GivesBackWhatWasWritten) {
  std::mt19937 random(7);
  RleText text;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> lengths;
    text.clear();
    for (int i = 0; i < 20; ++i) {
      lengths.push_back(static_cast<std::int64_t>(random() >> (random() % 31)));
      text.add(lengths.back());
    }
    EXPECT_EQ(lengths_in(text.text()), lengths);
    for (const char c : text.text()) EXPECT_TRUE(c >= '0' && c <= 'o');
  }
}

TEST(RleEncoder, GoesDownTheColumnsAndBeginsWithZeros) {
  const cv::Mat labels = (cv::Mat_<std::uint8_t>(2, 3) << 1, 0, 2, 1, 2, 2);
  RleEncoder encoder;
  encoder.encode(labels, 4);
  EXPECT_EQ(lengths_in(encoder.counts(0)), (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(lengths_in(encoder.counts(1)), (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(lengths_in(encoder.counts(2)), (std::vector<std::int64_t>{3, 3})) << "to the end";
  EXPECT_EQ(lengths_in(encoder.counts(3)), (std::vector<std::int64_t>{6})) << "nowhere";
}

/// Noise of few ids in blocks, so that there are runs of all lengths.
template <class Id>
cv::Mat_<Id> random_labels(std::mt19937 &random, int height, int width, unsigned ids) {
  cv::Mat_<Id> labels(height, width);
  Id id = 0;
  unsigned left = 0;
  for (Id &cell : labels) {
    if (left-- == 0) {
      id = static_cast<Id>(random() % ids);
      left = random() % 40;
    }
    cell = id;
  }
  return labels;
}

template <class Id>
void expect_masks_back(unsigned ids) {
  std::mt19937 random(3);
  RleEncoder encoder;  // one object for all, of other sizes, too
  for (const auto &[height, width] :
       {std::pair{1, 1}, {1, 50}, {50, 1}, {17, 23}, {64, 64}, {120, 97}}) {
    const cv::Mat_<Id> labels = random_labels<Id>(random, height, width, ids + 1);
    encoder.encode(labels, ids);
    for (unsigned id = 0; id < ids; ++id)
      EXPECT_TRUE(are_equal(mask_of(encoder.counts(id), height, width), (labels == id) / 255));
  }
}

TEST(RleEncoder, GivesEveryMaskBackAndSkipsIdsWithoutARegion) {
  expect_masks_back<std::uint8_t>(5);
  expect_masks_back<std::uint16_t>(300);
}

TEST(RleEncoder, WritesWhatPycocotoolsWrites) {
  const Folder folder;
  std::ofstream file(folder.file("masks"));
  std::mt19937 random(11);
  RleEncoder encoder;
  for (const auto &[height, width] : {std::pair{1, 1}, {5, 9}, {90, 160}, {336, 597}}) {
    const auto labels = random_labels<std::uint8_t>(random, height, width, 4);
    encoder.encode(labels, 5);
    for (int id = 0; id < 5; ++id) {
      file << height << ' ' << width << ' ' << encoder.counts(static_cast<std::size_t>(id)) << ' ';
      for (const std::uint8_t cell : labels) file << (cell == id ? '1' : '0');
      file << '\n';
    }
  }
  file.close();
  const Outcome outcome = run_program({"python3", NACLIP_CHECK_RLE, folder.file("masks")});
  if (outcome.status == 77 || outcome.status == 127) GTEST_SKIP() << outcome.printed;
  EXPECT_EQ(outcome.status, 0) << outcome.printed;
}

}  // namespace
}  // namespace naclip::testing
