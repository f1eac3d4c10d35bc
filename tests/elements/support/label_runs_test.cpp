#include "elements/support/label_runs.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace naclip::testing {
namespace {

template <class Label>
void expect_every_end() {
  // The largest label, and pairs of which one's bytes are the other's.
  const std::vector<std::pair<Label, Label>> pairs{{0, 1},
                                                   {1, 0},
                                                   {std::numeric_limits<Label>::max(), 0},
                                                   {7, static_cast<Label>(7 * 257)},
                                                   {static_cast<Label>(7 * 257), 7},
                                                   {3, static_cast<Label>(3 * 256)}};
  constexpr int kWidth = 40;
  for (const auto &[label, other] : pairs) {
    if (label == other) continue;
    for (int begin = 0; begin < kWidth; ++begin)
      for (int end = begin + 1; end <= kWidth; ++end) {
        std::vector<Label> row(kWidth, other);
        for (int x = begin; x < end; ++x) row[static_cast<std::size_t>(x)] = label;
        ASSERT_EQ(end_of_run(row.data(), begin, kWidth), end) << label << " " << other;
        // What follows the row is none of its business.
        ASSERT_EQ(end_of_run(row.data(), begin, end), end);
      }
  }
}

TEST(EndOfRun, IsWhereAnotherLabelBeginsOrTheRowEnds) {
  expect_every_end<std::uint8_t>();
  expect_every_end<std::uint16_t>();
}

struct Item {
  std::size_t parent;
};

TEST(RootOf, FollowsTheParentsAndShortensTheWay) {
  std::vector<Item> items{{0}, {0}, {1}, {2}, {4}, {3}};
  EXPECT_EQ(root_of(items, 5), 0U);
  EXPECT_EQ(items[5].parent, 2U);
  EXPECT_EQ(root_of(items, 4), 4U);
  EXPECT_EQ(root_of(items, 0), 0U);
}

}  // namespace
}  // namespace naclip::testing
