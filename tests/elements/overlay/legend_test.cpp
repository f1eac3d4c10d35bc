// Which rows the legend has, from frame to frame.
#include "elements/overlay/legend.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace naclip::testing {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// A mask of classes "a", "b", ... behind the background, of these shares.
OverlayMask mask_of(const std::vector<double> &shares, char first = 'a') {
  OverlayMask mask;
  mask.regions.push_back({"background", 0, 0.1, false});
  for (std::size_t i = 0; i < shares.size(); ++i)
    mask.regions.push_back({std::string(1, static_cast<char>(first + static_cast<int>(i))),
                            0xff0000, shares[i], true});
  return mask;
}

/// Rows that take one mask after the other; they read as their labels.
class Legend {
 public:
  explicit Legend(std::size_t room = 20) : room_(room) {}

  std::string rows(const std::vector<OverlayMask> &masks,
                   std::optional<std::uint64_t> time = std::nullopt) {
    rows_.update(masks, time);
    std::string result;
    for (const LegendEntry &entry : rows_.choose(room_)) result += entry.label;
    if (rows_.more() > 0) result += " +" + std::to_string(rows_.more());
    return result;
  }
  std::string rows(const std::vector<double> &shares,
                   std::optional<std::uint64_t> time = std::nullopt) {
    return rows(std::vector{mask_of(shares)}, time);
  }
  std::vector<double> shares() {
    std::vector<double> result;
    for (const LegendEntry &entry : rows_.choose(room_)) result.push_back(entry.share);
    return result;
  }
  void clear() { rows_.clear(); }

 private:
  std::size_t room_;
  LegendRows rows_;
};

TEST(LegendRows, StandInTheOrderOfMasksAndIdsWhateverTheirShares) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.1, 0.2, 0.3}), "abc");
  EXPECT_EQ(legend.rows({0.3, 0.2, 0.1}), "abc");
  EXPECT_EQ(legend.rows({mask_of({0.1, 0.3}), mask_of({0.9}, 'x')}), "abcx");
  EXPECT_EQ(Legend().rows({0.0, 0.2, 0.3}), "bc");
}

TEST(LegendRows, ComeInTheirPlace) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.3, 0.0, 0.3}, 0), "ac");
  EXPECT_EQ(legend.rows({0.0, 0.2, 0.0}, kSecond / 2), "abc");
}

TEST(LegendRows, StayForASecondAfterTheirClassIsGone) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.5, 0.5}, 7 * kSecond), "ab");
  EXPECT_EQ(legend.rows({0.5, 0.0}, 7 * kSecond + kSecond / 2), "ab");
  EXPECT_EQ(legend.shares(), (std::vector{0.5, 0.0}));
  EXPECT_EQ(legend.rows({0.5, 0.0}, 8 * kSecond), "ab");
  EXPECT_EQ(legend.rows({0.5, 0.0}, 8 * kSecond + 1), "a");
  // The second begins anew where the class comes back.
  EXPECT_EQ(legend.rows({0.5, 0.1}, 9 * kSecond), "ab");
  EXPECT_EQ(legend.rows({0.5, 0.0}, 10 * kSecond), "ab");
}

TEST(LegendRows, TakeAFrameWithoutATimeForNoTimePassed) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.5, 0.5}, kSecond), "ab");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(legend.rows({0.5, 0.0}), "ab");
  EXPECT_EQ(legend.rows({0.5, 0.0}, 2 * kSecond + 1), "a");
  Legend untimed;
  EXPECT_EQ(untimed.rows({0.5, 0.5}), "ab");
  EXPECT_EQ(untimed.rows({0.5, 0.0}), "ab");
}

TEST(LegendRows, GoAtOnceWhereTheStreamBeginsAnew) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.5, 0.5}, 7 * kSecond), "ab");
  EXPECT_EQ(legend.rows({0.5, 0.0}, 3 * kSecond), "a") << "time that runs backwards";
  EXPECT_EQ(legend.rows({0.5, 0.5}, 7 * kSecond), "ab");
  legend.clear();
  EXPECT_EQ(legend.rows({0.5, 0.0}, 7 * kSecond), "a");
}

TEST(LegendRows, GoAtOnceWithTheirVocabulary) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.5, 0.5, 0.1}, 0), "abc");
  EXPECT_EQ(legend.rows({mask_of({0.5, 0.0, 0.0}, 'c')}, 1), "c");
}

TEST(LegendRows, GoAtOnceWhereTheirClassIsNoLongerDrawn) {
  Legend legend;
  OverlayMask mask = mask_of({0.5, 0.5});
  EXPECT_EQ(legend.rows({mask}, 0), "ab");
  mask.regions[2].drawn = false;
  EXPECT_EQ(legend.rows({mask}, 1), "a");
}

TEST(LegendRows, StayWhereAMaskListsTheRegionsThatOccurAlone) {
  Legend legend;
  EXPECT_EQ(legend.rows({0.5, 0.2, 0.3}, 0), "abc");
  EXPECT_EQ(legend.rows({mask_of({0.5})}, kSecond), "abc");
  EXPECT_EQ(legend.rows(std::vector<OverlayMask>{}, kSecond), "abc");
  EXPECT_EQ(legend.rows({mask_of({0.5})}, kSecond + 1), "a");
}

TEST(LegendRows, LeaveOutTheSmallestSharesWhereRoomIsShort) {
  EXPECT_EQ(Legend(4).rows({0.4, 0.1, 0.3, 0.2}), "abcd");
  EXPECT_EQ(Legend(3).rows({0.4, 0.1, 0.3, 0.2}), "ac +2");
  EXPECT_EQ(Legend(2).rows({0.2, 0.1, 0.3, 0.4}), "d +3");
  EXPECT_EQ(Legend(1).rows({0.2, 0.1, 0.3, 0.4}), "d");
  EXPECT_EQ(Legend(0).rows({0.2, 0.1, 0.3, 0.4}), "");
}

TEST(LegendRows, DoNotFlickerWhereSharesAreNearlyEqual) {
  Legend legend(3);
  EXPECT_EQ(legend.rows({0.4, 0.11, 0.10, 0.3}), "ad +2");
  Legend close(3);
  EXPECT_EQ(close.rows({0.4, 0.11, 0.10}), "abc");
  Legend near(2);
  EXPECT_EQ(near.rows({0.11, 0.10, 0.05}), "a +2");
  EXPECT_EQ(near.rows({0.10, 0.11, 0.05}), "a +2");
  EXPECT_EQ(near.rows({0.10, 0.14, 0.05}), "a +2");
  EXPECT_EQ(near.rows({0.10, 0.16, 0.05}), "b +2");
  EXPECT_EQ(near.rows({0.11, 0.10, 0.05}), "b +2");
}

}  // namespace
}  // namespace naclip::testing
