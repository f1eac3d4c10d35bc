#include "elements/segment/carry_budget.h"

#include <gtest/gtest.h>

namespace naclip {
namespace {

using namespace std::chrono_literals;

/// Carries that fit into a second where 30 frames a second of each of `streams` ask for `cost`
/// each.
int carried_in_a_second(CarryBudget &budget, int streams, CarryBudget::Duration cost,
                        CarryBudget::Duration begin) {
  int carried = 0;
  for (int frame = 0; frame < 30; ++frame) {
    for (int stream = 0; stream < streams; ++stream) {
      if (!budget.has_some(begin + frame * CarryBudget::Duration(1s) / 30)) continue;
      budget.spend(cost);
      ++carried;
    }
  }
  return carried;
}

TEST(CarryBudget, OneCameraIsCarriedWithEveryFrame) {
  CarryBudget budget(0.5);
  for (int second = 1; second < 10; ++second)
    EXPECT_EQ(carried_in_a_second(budget, 1, 5ms, second * 1s), 30);
}

TEST(CarryBudget, ManyCamerasGetTheirShareOfTheProcessorAndNoMore) {
  CarryBudget budget(0.5);
  carried_in_a_second(budget, 8, 5ms, 1s);  // spends what was kept
  for (int second = 2; second < 10; ++second) {
    const int carried = carried_in_a_second(budget, 8, 5ms, second * 1s);
    EXPECT_NEAR(carried * 5, 500, 50) << "milliseconds in second " << second;
  }
}

TEST(CarryBudget, AFrameThatCostMuchIsPaidForLater) {
  CarryBudget budget(0.5);
  ASSERT_TRUE(budget.has_some(1s));
  budget.spend(1s);
  EXPECT_FALSE(budget.has_some(2s));
  EXPECT_FALSE(budget.has_some(2700ms));
  EXPECT_TRUE(budget.has_some(2800ms));
}

TEST(CarryBudget, KeepsNothingForLong) {
  CarryBudget budget(0.5);
  ASSERT_TRUE(budget.has_some(1000s));
  budget.spend(130ms);  // what half a processor has in a quarter of a second is 125 ms
  EXPECT_FALSE(budget.has_some(1000s));
}

TEST(CarryBudget, AClockThatGoesBackGivesNothing) {
  CarryBudget budget(0.5);
  ASSERT_TRUE(budget.has_some(10s));
  budget.spend(200ms);
  EXPECT_FALSE(budget.has_some(1s));
  EXPECT_FALSE(budget.has_some(10s));
}

}  // namespace
}  // namespace naclip
