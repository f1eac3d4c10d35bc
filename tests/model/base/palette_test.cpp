#include "model/base/palette.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "model/base/colour_difference.h"

namespace naclip {
namespace {

/// The least difference among the first `count` colours.
double least_difference(std::size_t count, Sight sight) {
  double least = 1000;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < i; ++j)
      least = std::min(least, colour_difference(lab_of(palette_colour(i), sight),
                                                lab_of(palette_colour(j), sight)));
  return least;
}

// Table 1 of Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", 2005: pairs that
// errors in the formula show up in.
TEST(ColourDifference, IsThatOfThePublishedPairs) {
  struct Pair {
    Lab one, other;
    double difference;
  };
  const Pair pairs[] = {
      {{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
      {{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
      {{50, 0, 0}, {50, -1, 2}, 2.3669},
      {{50, 2.49, -0.001}, {50, -2.49, 0.0009}, 7.1792},
      {{50, 2.49, -0.001}, {50, -2.49, 0.0011}, 7.2195},
      {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
      {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
      {{50, 2.5, 0}, {58, 24, 15}, 19.4535},
      {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644},
      {{22.7233, 20.0904, -46.6940}, {23.0331, 14.9730, -42.5619}, 2.0373},
      {{90.8027, -2.0831, 1.4410}, {91.1528, -1.6435, 0.0447}, 1.4441},
      {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
  };
  for (const Pair &pair : pairs) {
    EXPECT_NEAR(colour_difference(pair.one, pair.other), pair.difference, 0.0001);
    EXPECT_NEAR(colour_difference(pair.other, pair.one), pair.difference, 0.0001);
  }
}

TEST(ColourDifference, TakesColoursAsEachKindOfSightSeesThem) {
  const Lab red = lab_of(0xFF0000, Sight::kNormal);
  EXPECT_NEAR(red.light, 53.24, 0.02);
  EXPECT_NEAR(red.a, 80.09, 0.05);
  EXPECT_NEAR(red.b, 67.20, 0.05);
  const auto seen = [](Colour one, Colour other, Sight sight) {
    return colour_difference(lab_of(one, sight), lab_of(other, sight));
  };
  // White is white to everyone, and each deficiency has its own confusions.
  for (const Sight sight : kDeficiencies) {
    EXPECT_NEAR(lab_of(0xFFFFFF, sight).light, 100, 0.1);
    EXPECT_NEAR(lab_of(0xFFFFFF, sight).a, 0, 0.2);
  }
  EXPECT_GT(seen(0xA05050, 0x607830, Sight::kNormal), 30);
  EXPECT_LT(seen(0xA05050, 0x607830, Sight::kDeuteranopia), 12);
  EXPECT_GT(seen(0xA05050, 0x607830, Sight::kTritanopia), 30);
  EXPECT_GT(seen(0x3070C0, 0x308070, Sight::kNormal), 25);
  EXPECT_LT(seen(0x3070C0, 0x308070, Sight::kTritanopia), 10);
}

TEST(Palette, KeepsItsFirstTwelveFifteenApartToEverybody) {
  EXPECT_GE(least_difference(12, Sight::kNormal), 15);
  EXPECT_GE(least_difference(12, Sight::kProtanopia), 15);
  EXPECT_GE(least_difference(12, Sight::kDeuteranopia), 15);
  EXPECT_GE(least_difference(12, Sight::kTritanopia), 15);
}

TEST(Palette, KeepsSixtyColoursSixApart) {
  static_assert(kChosenColours >= 60);
  EXPECT_GE(least_difference(kChosenColours, Sight::kNormal), 6);
}

TEST(Palette, HasNothingNearBlackWhiteOrGrey) {
  for (std::size_t n = 0; n < kChosenColours; ++n) {
    const Lab lab = lab_of(palette_colour(n), Sight::kNormal);
    EXPECT_GE(std::hypot(lab.a, lab.b), 35) << n;
    EXPECT_GE(lab.light, 28) << n;
    EXPECT_LE(lab.light, 95) << n;
  }
}

TEST(Palette, HasTwentyFourBitColoursThatStayForAnyNumber) {
  for (const std::size_t n :
       {std::size_t{0}, kChosenColours - 1, kChosenColours, std::size_t{65535}, SIZE_MAX}) {
    EXPECT_LE(palette_colour(n), 0xFFFFFFu);
    EXPECT_EQ(palette_colour(n), palette_colour(n));
  }
}

TEST(Palette, GoesOnWithoutSoonRepeatingAColour) {
  std::set<Colour> colours;
  for (std::size_t n = 0; n < 256; ++n) colours.insert(palette_colour(n));
  EXPECT_EQ(colours.size(), 256u);
  EXPECT_EQ(colours.count(0x000000), 0u);
}

}  // namespace
}  // namespace naclip
