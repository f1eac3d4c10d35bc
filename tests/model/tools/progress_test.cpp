// What a user sees of work that goes on.
#include "model/tools/common/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace naclip {
namespace {

TEST(SizeText, HasThreeDigitsAtMostAndADecimalUnit) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(1000), "1.0 kB");
  EXPECT_EQ(size_text(12345), "12 kB");
  EXPECT_EQ(size_text(1356917), "1.4 MB");
  EXPECT_EQ(size_text(350999999), "351 MB");
  EXPECT_EQ(size_text(999700), "1.0 MB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 60), "1.2 EB");
}

TEST(TimeText, IsAClocksAboveAMinute) {
  EXPECT_EQ(time_text(0.2), "0 s");
  EXPECT_EQ(time_text(59.4), "59 s");
  EXPECT_EQ(time_text(125), "2:05");
  EXPECT_EQ(time_text(3725), "1:02:05");
}

TEST(ProgressText, HasBarPercentSizesRateAndTimeLeft) {
  EXPECT_EQ(progress_text({"ViT-B-16.pt", Unit::kBytes, 175000000, 350000000, 1e7}, 120),
            "ViT-B-16.pt  [####################--------------------]   50 %  175 MB of 350 MB  "
            "10 MB/s  18 s left");
}

TEST(ProgressText, GivesUpTheBarFirstWhereTheTerminalIsNarrow) {
  const ProgressState state{"ViT-B-16.pt", Unit::kBytes, 175000000, 350000000, 1e7};
  for (std::size_t columns = 1; columns < 130; ++columns)
    EXPECT_LE(progress_text(state, columns).size(), columns);
  EXPECT_EQ(progress_text(state, 62), "ViT-B-16.pt   50 %  175 MB of 350 MB  10 MB/s  18 s left");
}

TEST(ProgressText, SaysAHundredPercentOfTheWholeAlone) {
  EXPECT_NE(progress_text({"x", Unit::kBytes, 999999, 1000000, 0}, 100).find(" 99 %"),
            std::string::npos);
  EXPECT_NE(progress_text({"x", Unit::kBytes, 1000000, 1000000, 0}, 100).find("100 %"),
            std::string::npos);
}

TEST(ProgressText, ShowsWhatIsKnownWhereTheSizeIsNot) {
  EXPECT_EQ(progress_text({"x", Unit::kBytes, 2500000, 0, 1e6}, 100), "x  2.5 MB  1.0 MB/s");
}

TEST(ProgressText, CountsItems) {
  EXPECT_EQ(progress_text({"voc21 naclip", Unit::kItems, 30, 120, 0.5, "mIoU 12.34"}, 0),
            "voc21 naclip   25 %  30 of 120  0.50/s  3:00 left  mIoU 12.34");
  EXPECT_EQ(progress_text({"voc21 naclip", Unit::kItems, 120, 120, 2, "mIoU -"}, 0),
            "voc21 naclip  100 %  120 of 120  2.00/s  mIoU -");
}

class Shown : public ::testing::Test {
 protected:
  Progress::Output output() {
    return [this](const std::string &text) { texts_.push_back(text); };
  }
  std::vector<std::string> texts_;
};

TEST_F(Shown, WithoutATerminalIsOnePlainLineForEachTenth) {
  Progress progress("x", Unit::kBytes, 0, output());
  for (std::uint64_t done = 0; done <= 1000; ++done)
    progress.update(done, 1000, static_cast<double>(done) / 100);
  progress.finish();
  ASSERT_EQ(texts_.size(), 10U);
  EXPECT_EQ(texts_.front(), "x   10 %  100 bytes of 1.0 kB  100 bytes/s  9 s left\n");
  EXPECT_EQ(texts_.back(), "x  100 %  1.0 kB of 1.0 kB  100 bytes/s\n");
  for (const std::string &text : texts_) EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST_F(Shown, OnATerminalRedrawsOneLineTenTimesASecondAtMost) {
  Progress progress("x", Unit::kBytes, 100, output());
  for (int i = 0; i < 1000; ++i) progress.update(static_cast<std::uint64_t>(i), 1000, i * 0.001);
  EXPECT_GE(texts_.size(), 9U);
  EXPECT_LE(texts_.size(), 11U);
  for (const std::string &text : texts_) {
    EXPECT_EQ(text.front(), '\r');
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_LT(text.size(), 101U);
  }
  progress.update(1000, 1000, 1.0);
  EXPECT_NE(texts_.back().find("100 %"), std::string::npos);
  const std::size_t drawn = texts_.size();
  progress.update(1000, 1000, 1.0);
  EXPECT_EQ(texts_.size(), drawn);
  progress.finish();
  EXPECT_EQ(texts_.back(), "\n");
}

TEST_F(Shown, LeavesNothingOfALongerLineBehind) {
  Progress progress("x", Unit::kBytes, 100, output());
  progress.update(999, 1000, 0.0);
  progress.update(998, 0, 1.0);
  EXPECT_GE(texts_.at(1).size(), texts_.at(0).size());
}

TEST_F(Shown, HasTheRateOfTheLastSeconds) {
  Progress progress("x", Unit::kBytes, 100, output());
  for (int second = 0; second <= 20; ++second)
    progress.update(static_cast<std::uint64_t>(1000 * second), 1000000, second);
  EXPECT_NE(texts_.back().find("1.0 kB/s"), std::string::npos) << texts_.back();
  for (int second = 21; second <= 30; ++second)
    progress.update(static_cast<std::uint64_t>(20000 + 5000 * (second - 20)), 1000000, second);
  EXPECT_NE(texts_.back().find("5.0 kB/s"), std::string::npos) << texts_.back();
}

TEST_F(Shown, WhatWasDoneBeforeSaysNothingOfTheRate) {
  Progress progress("x", Unit::kItems, 0, output());
  progress.update(500, 1000, 0.0);
  progress.update(600, 1000, 10.0);
  EXPECT_EQ(texts_, (std::vector<std::string>{"x   50 %  500 of 1000\n",
                                              "x   60 %  600 of 1000  10.00/s  40 s left\n"}));
}

TEST_F(Shown, PutsALineThatIsSaidBelowTheBar) {
  Progress progress("x", Unit::kBytes, 100, output());
  progress.update(1, 10, 0.0);
  progress.say("trying again");
  EXPECT_EQ(texts_.at(1), "\n");
  EXPECT_EQ(texts_.at(2), "trying again\n");
}

}  // namespace
}  // namespace naclip
