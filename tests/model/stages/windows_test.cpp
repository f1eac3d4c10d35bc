#include "model/stages/windows.h"

#include <gtest/gtest.h>

#include <array>

namespace naclip {
namespace {

TEST(Windows, CoverEveryPixelAndStayInside) {
  for (const auto &[height, width, size, stride] :
       std::vector<std::array<int, 4>>{{336, 448, 224, 112},
                                       {103, 150, 80, 40},
                                       {80, 80, 80, 40},
                                       {50, 90, 80, 7},
                                       {33, 17, 224, 112}}) {
    const at::Tensor covered = at::zeros({height, width});
    for (const Window &w : windows_of(height, width, size, stride)) {
      EXPECT_GE(w.top, 0);
      EXPECT_LE(w.top + w.height, height);
      EXPECT_GE(w.left, 0);
      EXPECT_LE(w.left + w.width, width);
      covered.slice(0, w.top, w.top + w.height).slice(1, w.left, w.left + w.width) += 1;
    }
    EXPECT_GE(covered.min().item<float>(), 1.0F) << height << " x " << width;
  }
}

TEST(Windows, SizeZeroIsTheWholePicture) {
  const auto windows = windows_of(30, 40, 0, 112);
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0].height, 30);
  EXPECT_EQ(windows[0].width, 40);
}

TEST(Windows, OfSeveralPicturesLieTogetherInTheBatch) {
  const at::Tensor pictures = at::arange(2 * 3 * 8 * 8, at::kFloat).view({2, 3, 8, 8});
  const auto windows = windows_of(8, 8, 6, 2);
  ASSERT_EQ(windows.size(), 4U);
  const at::Tensor crops = crop_windows(pictures, windows);
  ASSERT_EQ(crops.size(0), 8);
  EXPECT_TRUE(crops[5].equal(pictures[1].slice(1, 0, 6).slice(2, 2, 8)));
}

TEST(Windows, StitchedFromOneConstantAreThatConstant) {
  const auto windows = windows_of(20, 30, 12, 5);
  const at::Tensor scores = at::full({static_cast<std::int64_t>(windows.size()), 2, 3, 3}, 0.25);
  const at::Tensor stitched = stitch_windows(scores, windows, 20, 30);
  EXPECT_EQ(stitched.sizes(), (at::IntArrayRef{1, 2, 20, 30}));
  EXPECT_LE((stitched - 0.25).abs().max().item<double>(), 1e-6);
}

TEST(Windows, StitchedLineByLineEqualTheWholeStretched) {
  at::manual_seed(5);
  for (const auto &[height, width, size, stride, words] : {std::array<int, 5>{1, 1, 1, 1, 1},
                                                           {3, 5, 2, 1, 2},
                                                           {23, 61, 17, 6, 171},
                                                           {40, 33, 0, 1, 3},
                                                           {64, 80, 48, 16, 21}}) {
    const auto windows = windows_of(height, width, size, stride);
    const at::Tensor scores = at::randn({static_cast<std::int64_t>(windows.size()), words, 3, 4});
    const at::Tensor stitched = stitch_windows(scores, windows, height, width);
    const at::Tensor plain = plain::stitch_windows(scores, windows, height, width);
    EXPECT_LE((stitched - plain).abs().max().item<double>(), 1e-5)
        << height << " x " << width << ", " << words << " words";
  }
}

}  // namespace
}  // namespace naclip
