// Which classes have been there long enough to be shown.
#include "elements/segment/presence.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace naclip {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr Presence::Limits kLimits{0.1, kSecond};

const std::vector<Region> kRegions{{"background", 0}, {"cat", 0}, {"dog", 0}};

/// A mask of 100 pixels: so many of each region.
Segmentation mask_of(const std::vector<int> &pixels, int bytes_per_label = 1) {
  Segmentation mask;
  mask.width = 100;
  mask.height = 1;
  mask.bytes_per_label = bytes_per_label;
  for (std::size_t id = 0; id < pixels.size(); ++id) {
    mask.regions.push_back(
        {pixels[id] / 100.0, pixels[id] > 0 ? 0.1 + 0.2 * static_cast<double>(id) : 0.0});
    for (int i = 0; i < pixels[id]; ++i) {
      mask.labels.push_back(static_cast<std::uint8_t>(id));
      if (bytes_per_label == 2) mask.labels.push_back(static_cast<std::uint8_t>(id >> 8));
    }
  }
  return mask;
}

/// How many pixels each of three regions has, once the presence has looked at the mask.
std::vector<int> shown(Presence &presence, const std::vector<int> &pixels, std::int64_t pts,
                       const Presence::Limits &limits = kLimits) {
  Segmentation mask = mask_of(pixels);
  presence.apply(mask, kRegions, pts, limits);
  std::vector<int> counts(pixels.size());
  for (const std::uint8_t label : mask.labels) ++counts.at(label);
  for (std::size_t id = 0; id < counts.size(); ++id)
    EXPECT_DOUBLE_EQ(mask.regions[id].share, counts[id] / 100.0);
  return counts;
}

using Counts = std::vector<int>;

TEST(Presence, ShowsAClassOnceItHasBeenThereLongEnough) {
  Presence presence;
  EXPECT_EQ(shown(presence, {50, 50, 0}, 5 * kSecond), (Counts{100, 0, 0}));
  EXPECT_EQ(shown(presence, {50, 50, 0}, 6 * kSecond - 1), (Counts{100, 0, 0}));
  EXPECT_EQ(shown(presence, {50, 50, 0}, 6 * kSecond), (Counts{50, 50, 0}));
}

TEST(Presence, HidesItOnceItHasBeenUnderHalfTheShareAsLong) {
  Presence presence;
  shown(presence, {50, 50, 0}, 0);
  EXPECT_EQ(shown(presence, {50, 50, 0}, kSecond), (Counts{50, 50, 0}));
  EXPECT_EQ(shown(presence, {94, 6, 0}, 3 * kSecond), (Counts{94, 6, 0})) << "more than half";
  EXPECT_EQ(shown(presence, {96, 4, 0}, 4 * kSecond), (Counts{96, 4, 0}));
  EXPECT_EQ(shown(presence, {96, 4, 0}, 5 * kSecond - 1), (Counts{96, 4, 0}));
  EXPECT_EQ(shown(presence, {96, 4, 0}, 5 * kSecond), (Counts{100, 0, 0}));
}

TEST(Presence, AGapBeginsTheCountAnew) {
  Presence presence;
  shown(presence, {50, 50, 0}, 0);
  shown(presence, {90, 10, 0}, kSecond / 2);  // not over the share
  EXPECT_EQ(shown(presence, {50, 50, 0}, kSecond), (Counts{100, 0, 0}));
  EXPECT_EQ(shown(presence, {50, 50, 0}, 2 * kSecond), (Counts{50, 50, 0}));
  shown(presence, {100, 0, 0}, 2 * kSecond + 1);
  shown(presence, {50, 50, 0}, 3 * kSecond);
  EXPECT_EQ(shown(presence, {97, 3, 0}, 3 * kSecond + 2), (Counts{97, 3, 0}));
}

TEST(Presence, ClassesAreIndependentAndHiddenOnesBecomeBackground) {
  Presence presence;
  shown(presence, {40, 60, 0}, 0);
  Segmentation mask = mask_of({20, 50, 30});
  presence.apply(mask, kRegions, kSecond, kLimits);
  EXPECT_DOUBLE_EQ(mask.regions[0].share, 0.5);
  EXPECT_DOUBLE_EQ(mask.regions[0].confidence, (0.2 * 0.1 + 0.3 * 0.5) / 0.5);
  EXPECT_DOUBLE_EQ(mask.regions[1].share, 0.5);
  EXPECT_DOUBLE_EQ(mask.regions[1].confidence, 0.1 + 0.2);
  EXPECT_EQ(mask.regions[2].share, 0.0);
  EXPECT_EQ(mask.regions[2].confidence, 0.0);
  EXPECT_EQ(std::count(mask.labels.begin(), mask.labels.end(), 2), 0);
  EXPECT_EQ(std::count(mask.labels.begin(), mask.labels.end(), 1), 50);
}

TEST(Presence, AStreamWhoseTimeJumpsBackCountsAnew) {
  Presence presence;
  shown(presence, {50, 50, 0}, 10 * kSecond);
  shown(presence, {50, 50, 0}, 2 * kSecond);
  EXPECT_EQ(shown(presence, {50, 50, 0}, 3 * kSecond - 1), (Counts{100, 0, 0}));
  EXPECT_EQ(shown(presence, {50, 50, 0}, 3 * kSecond), (Counts{50, 50, 0}));
}

TEST(Presence, WithoutATimeTheShareAloneDecides) {
  Presence presence;
  EXPECT_EQ(shown(presence, {50, 50, 0}, 0, {0.1, 0}), (Counts{50, 50, 0}));
  EXPECT_EQ(shown(presence, {96, 4, 0}, 1, {0.1, 0}), (Counts{100, 0, 0}));
}

TEST(Presence, ForgetsWithTheStream) {
  Presence presence;
  shown(presence, {50, 50, 0}, 0);
  EXPECT_EQ(shown(presence, {50, 50, 0}, kSecond), (Counts{50, 50, 0}));
  presence.forget();
  EXPECT_EQ(shown(presence, {50, 50, 0}, 2 * kSecond), (Counts{100, 0, 0}));
}

TEST(Presence, UnderAnotherVocabularyAClassStaysAsItWas) {
  Presence presence;
  shown(presence, {40, 60, 0}, 0);
  shown(presence, {40, 60, 0}, kSecond);  // the cat is there
  Segmentation mask = mask_of({20, 30, 20, 30});
  presence.apply(mask, {{"background", 0}, {"bird", 0}, {"dog", 0}, {"cat", 0}}, kSecond + 1,
                 kLimits);
  EXPECT_DOUBLE_EQ(mask.regions[0].share, 0.7);
  EXPECT_DOUBLE_EQ(mask.regions[3].share, 0.3);
  EXPECT_EQ(std::count(mask.labels.begin(), mask.labels.end(), 3), 30);
}

TEST(Presence, LabelsMayHaveSixteenBits) {
  Presence presence;
  std::vector<Region> regions(301);
  for (std::size_t id = 0; id < regions.size(); ++id) regions[id].label = std::to_string(id);
  std::vector<int> pixels(301);
  pixels[44] = 40;  // 300 is 0x012c, 44 is 0x002c
  pixels[300] = 60;
  const auto pixel = [](const Segmentation &mask, std::size_t at) {
    return mask.labels[2 * at] | mask.labels[2 * at + 1] << 8;
  };
  for (const std::int64_t pts : {std::int64_t{0}, kSecond}) {
    Segmentation mask = mask_of(pixels, 2);
    presence.apply(mask, regions, pts, {0.5, kSecond});
    EXPECT_EQ(pixel(mask, 0), 0);
    EXPECT_EQ(pixel(mask, 99), pts == 0 ? 0 : 300);
  }
}

}  // namespace
}  // namespace naclip
