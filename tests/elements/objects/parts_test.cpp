// The parts of masks, against a flood fill that takes the header's words literally.
#include "elements/objects/parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace naclip::testing {
namespace {

/// Rows of letters: '.' is region 0, 'a' region 1, and so on.
template <class Label = std::uint8_t>
struct Drawing {
  explicit Drawing(const std::vector<std::string> &rows)
      : width(static_cast<int>(rows.front().size())), height(static_cast<int>(rows.size())) {
    for (const std::string &row : rows)
      for (const char cell : row)
        labels.push_back(static_cast<Label>(cell == '.' ? 0 : cell - 'a' + 1));
  }
  Drawing(int width, int height, std::vector<Label> labels)
      : width(width), height(height), labels(std::move(labels)) {}

  LabelView view() const {
    return {reinterpret_cast<const std::uint8_t *>(labels.data()),
            static_cast<std::ptrdiff_t>(width * sizeof(Label)), width, height, sizeof(Label)};
  }
  std::size_t at(int x, int y) const { return labels[static_cast<std::size_t>(y * width + x)]; }

  int width, height;
  std::vector<Label> labels;
};

/// "region: left top width height, cells" of each, in their order.
std::vector<std::string> told(const std::vector<Part> &parts) {
  std::vector<std::string> lines;
  for (const Part &part : parts)
    lines.push_back(std::to_string(part.region) + ": " + std::to_string(part.columns.begin) + " " +
                    std::to_string(part.rows.begin) + " " + std::to_string(part.columns.size()) +
                    " " + std::to_string(part.rows.size()) + ", " + std::to_string(part.cells));
  return lines;
}

using Lines = std::vector<std::string>;

const std::vector<bool> kLetters{false, true, true, true};

Lines parts_of(const std::vector<std::string> &rows, Gap gap = {}, std::int64_t least = 0) {
  return told(find_parts(Drawing<>(rows).view(), kLetters, gap, least));
}

/// From one cell to all of its region within the gap, and so on; in the order of their first cells.
template <class Label>
std::vector<Part> flooded(const Drawing<Label> &mask, const std::vector<bool> &chosen, Gap gap) {
  std::vector<Part> parts;
  std::vector<bool> seen(mask.labels.size());
  for (std::size_t start = 0; start < mask.labels.size(); ++start) {
    const std::size_t region = mask.labels[start];
    if (seen[start] || region >= chosen.size() || !chosen[region]) continue;
    Part part{region, {mask.width, 0}, {mask.height, 0}, 0};
    std::vector<std::size_t> next{start};
    seen[start] = true;
    while (!next.empty()) {
      const int x = static_cast<int>(next.back()) % mask.width;
      const int y = static_cast<int>(next.back()) / mask.width;
      next.pop_back();
      ++part.cells;
      part.columns = {std::min(part.columns.begin, x), std::max(part.columns.end, x + 1)};
      part.rows = {std::min(part.rows.begin, y), std::max(part.rows.end, y + 1)};
      for (int v = std::max(y - gap.down - 1, 0); v <= std::min(y + gap.down + 1, mask.height - 1);
           ++v)
        for (int u = std::max(x - gap.across - 1, 0);
             u <= std::min(x + gap.across + 1, mask.width - 1); ++u) {
          const auto index = static_cast<std::size_t>(v * mask.width + u);
          if (seen[index] || mask.at(u, v) != region) continue;
          seen[index] = true;
          next.push_back(index);
        }
    }
    parts.push_back(part);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const Part &one, const Part &other) {
    return std::tuple(-one.cells, one.region) < std::tuple(-other.cells, other.region);
  });
  return parts;
}

/// Noise of `regions` regions, `density` of 100 cells not 0, in blocks of `block` cells.
template <class Label>
Drawing<Label> noise(int width, int height, int regions, int density, int block,
                     std::mt19937 &random) {
  std::vector<Label> labels(static_cast<std::size_t>(width * height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const auto index = static_cast<std::size_t>(y * width + x);
      if (x % block != 0)
        labels[index] = labels[index - 1];
      else if (y % block != 0)
        labels[index] = labels[index - static_cast<std::size_t>(width)];
      else if (static_cast<int>(random() % 100) < density)
        labels[index] = static_cast<Label>(1 + random() % static_cast<unsigned>(regions));
    }
  return {width, height, labels};
}

TEST(FindParts, FindsNothingInAnEmptyMask) {
  EXPECT_TRUE(parts_of({"....", "...."}).empty());
}

TEST(FindParts, AWholeMaskIsOnePart) {
  EXPECT_EQ(parts_of({"aaa", "aaa"}), Lines{"1: 0 0 3 2, 6"});
}

TEST(FindParts, CornersTouch) {
  EXPECT_EQ(parts_of({"a..", ".a.", "..a"}), Lines{"1: 0 0 3 3, 3"});
  EXPECT_EQ(parts_of({"..a", ".a.", "a.."}), Lines{"1: 0 0 3 3, 3"});
}

TEST(FindParts, OneCellBetweenParts) {
  EXPECT_EQ(parts_of({"a.a"}), (Lines{"1: 0 0 1 1, 1", "1: 2 0 1 1, 1"}));
  EXPECT_EQ(parts_of({"a", ".", "a"}), (Lines{"1: 0 0 1 1, 1", "1: 0 2 1 1, 1"}));
}

TEST(FindParts, OtherRegionsSeparate) {
  EXPECT_EQ(parts_of({"aabbaa"}), (Lines{"1: 0 0 2 1, 2", "1: 4 0 2 1, 2", "2: 2 0 2 1, 2"}));
}

TEST(FindParts, HolesAreNoCellsAndWhatIsInThemIsAPart) {
  EXPECT_EQ(parts_of({"aaaaaaa",  //
                      "a.....a",  //
                      "a..a..a",  //
                      "a.....a",  //
                      "aaaaaaa"}),
            (Lines{"1: 0 0 7 5, 20", "1: 3 2 1 1, 1"}));
}

TEST(FindParts, ArmsThatMeetBelowAreOnePart) {
  EXPECT_EQ(parts_of({"a.a.a",  //
                      "a.a.a",  //
                      "aaaaa"}),
            Lines{"1: 0 0 5 3, 11"});
  // And the other way round, with a later root.
  EXPECT_EQ(parts_of({"....a",  //
                      "a.a.a",  //
                      "a.aaa",  //
                      "aaa.."}),
            Lines{"1: 0 0 5 4, 11"});
}

TEST(FindParts, GapsCloseAsFarAsTheyReach) {
  const std::vector<std::string> row{"a..a...a"};
  EXPECT_EQ(parts_of(row, {1, 0}).size(), 3U);
  EXPECT_EQ(parts_of(row, {2, 0}), (Lines{"1: 0 0 4 1, 2", "1: 7 0 1 1, 1"}));
  EXPECT_EQ(parts_of(row, {3, 0}), Lines{"1: 0 0 8 1, 3"});
  const std::vector<std::string> column{"a", ".", ".", "a"};
  EXPECT_EQ(parts_of(column, {9, 1}).size(), 2U);
  EXPECT_EQ(parts_of(column, {0, 2}), Lines{"1: 0 0 1 4, 2"});
}

TEST(FindParts, GapsCloseAcrossCornersAndOverOtherRegions) {
  const std::vector<std::string> rows{"a..b",  //
                                      ".bb.",  //
                                      "...a"};
  EXPECT_EQ(parts_of(rows, {2, 1}), (Lines{"2: 1 0 3 2, 3", "1: 0 0 4 3, 2"}));
  EXPECT_EQ(parts_of(rows, {1, 1}).size(), 3U);
  EXPECT_EQ(parts_of(rows, {2, 0}).size(), 3U);
}

TEST(FindParts, LeavesOutWhatIsTooSmall) {
  const std::vector<std::string> rows{"aaa.bb.c"};
  EXPECT_EQ(parts_of(rows, {}, 3), Lines{"1: 0 0 3 1, 3"});
  EXPECT_EQ(parts_of(rows, {}, 2).size(), 2U);
  EXPECT_EQ(parts_of(rows, {}, 4).size(), 0U);
}

TEST(FindParts, OrdersBySizeThenRegionThenPlace) {
  EXPECT_EQ(
      parts_of({"b.a.a.cc", "........", "b......."}),
      (Lines{"3: 6 0 2 1, 2", "1: 2 0 1 1, 1", "1: 4 0 1 1, 1", "2: 0 0 1 1, 1", "2: 0 2 1 1, 1"}));
}

TEST(FindParts, FindsTheChosenRegionsAlone) {
  const Drawing<> mask({"a.bzc"});
  EXPECT_EQ(told(find_parts(mask.view(), {true, false, true}, {}, 0)),
            (Lines{"0: 1 0 1 1, 1", "2: 2 0 1 1, 1"}));
}

TEST(FindParts, TellsWideLabelsApart) {
  const Drawing<std::uint16_t> mask(5, 1, {300, 44, 300, 300, 556});
  std::vector<bool> chosen(301);
  chosen[300] = true;
  EXPECT_EQ(told(find_parts(mask.view(), chosen, {}, 0)),
            (Lines{"300: 2 0 2 1, 2", "300: 0 0 1 1, 1"}));
}

TEST(FindParts, ReadsARectangleOfAMask) {
  const Drawing<> mask({"aaaaa",  //
                        "a...a",  //
                        "aa.aa"});
  LabelView inner = mask.view();
  inner.labels += inner.stride + 1;
  inner.width = 3;
  inner.height = 2;
  EXPECT_EQ(told(find_parts(inner, kLetters, {}, 0)), (Lines{"1: 0 1 1 1, 1", "1: 2 1 1 1, 1"}));
}

template <class Label>
void compare_with_flood(int regions) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const int width = 1 + static_cast<int>(random() % 40),
              height = 1 + static_cast<int>(random() % 30);
    const int density = static_cast<int>(random() % 101),
              block = 1 + static_cast<int>(random() % 4);
    const Drawing<Label> mask = noise<Label>(width, height, regions, density, block, random);
    const Gap gap{static_cast<int>(random() % 5), static_cast<int>(random() % 5)};
    std::vector<bool> chosen(static_cast<std::size_t>(regions));
    for (std::size_t region = 0; region < chosen.size(); ++region)
      chosen[region] = random() % 4 > 0;
    ASSERT_EQ(told(find_parts(mask.view(), chosen, gap, 0)), told(flooded(mask, chosen, gap)))
        << "round " << round << ", gap " << gap.across << " " << gap.down;
  }
}

TEST(FindParts, AgreesWithAFloodFill) {
  compare_with_flood<std::uint8_t>(1);
  compare_with_flood<std::uint8_t>(3);
  compare_with_flood<std::uint8_t>(255);
  compare_with_flood<std::uint16_t>(2);
  compare_with_flood<std::uint16_t>(40000);
}

}  // namespace
}  // namespace naclip::testing
