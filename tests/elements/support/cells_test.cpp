#include "elements/support/cells.h"

#include <gtest/gtest.h>

namespace naclip::testing {
namespace {

/// Whether a cell and a pixel of the frame have something in common, in units of 1 / cells.
bool overlap(const MaskSide &side, int cell, int pixel) {
  const int begin = side.start * side.cells + cell * side.length, end = begin + side.length;
  return begin < (pixel + 1) * side.cells && end > pixel * side.cells;
}

/// From the first to behind the last of 0 to `most` that fit.
template <class Fits>
Stretch around(int most, Fits &&fits) {
  Stretch stretch;
  for (int i = 0; i < most; ++i) {
    if (!fits(i)) continue;
    if (stretch.empty()) stretch.begin = i;
    stretch.end = i + 1;
  }
  return stretch;
}

void expect_equal(const Stretch &one, const Stretch &other, const MaskSide &side) {
  const auto text = [&] {
    return ::testing::Message() << side.cells << " cells over " << side.length << " pixels from "
                                << side.start << " of " << side.frame;
  };
  EXPECT_EQ(one.empty(), other.empty()) << text();
  if (other.empty()) return;
  EXPECT_EQ(one.begin, other.begin) << text();
  EXPECT_EQ(one.end, other.end) << text();
}

TEST(MaskSide, CellsAndPixelsThatOverlap) {
  for (const int cells : {1, 2, 3, 7})
    for (const int length : {1, 2, 5, 7, 20})
      for (int start = -22; start <= 12; ++start) {
        const MaskSide side{cells, start, length, 10};
        expect_equal(side.visible(),
                     around(cells,
                            [&](int cell) {
                              return around(10, [&](int pixel) {
                                       return overlap(side, cell, pixel);
                                     }).size() > 0;
                            }),
                     side);
        for (int cell = 0; cell < cells; ++cell)
          expect_equal(side.pixels({cell, cell + 1}),
                       around(10, [&](int pixel) { return overlap(side, cell, pixel); }), side);
      }
}

TEST(MaskSide, DoesNotOverflow) {
  const MaskSide side{30000, -40000, 100000, 30000};
  EXPECT_EQ(side.visible().begin, 12000);
  EXPECT_EQ(side.visible().end, 21000);
  EXPECT_EQ(side.pixels({0, 30000}).size(), 30000);
  EXPECT_EQ(side.pixels({15000, 15001}).begin, 10000);
}

}  // namespace
}  // namespace naclip::testing
