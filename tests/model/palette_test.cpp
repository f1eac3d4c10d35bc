#include "palette.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <set>
#include <vector>

namespace naclip {
namespace {

// CIELAB by OpenCV (D65), float32.
cv::Vec3f lab_of(Colour colour) {
  const cv::Vec3f rgb(static_cast<float>(colour >> 16 & 0xFF) / 255.0f,
                      static_cast<float>(colour >> 8 & 0xFF) / 255.0f,
                      static_cast<float>(colour & 0xFF) / 255.0f);
  cv::Mat pixel(1, 1, CV_32FC3, cv::Scalar(rgb[0], rgb[1], rgb[2]));
  cv::Mat lab;
  cv::cvtColor(pixel, lab, cv::COLOR_RGB2Lab);
  return lab.at<cv::Vec3f>(0, 0);
}

TEST(Palette, KeepsThirtyColoursBlackAndWhiteTwentyApartInCielab) {
  std::vector<Colour> colours{0x000000, 0xFFFFFF};
  for (std::size_t n = 0; n < 30; ++n) colours.push_back(palette_colour(n));
  for (std::size_t i = 0; i < colours.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_GE(cv::norm(lab_of(colours[i]) - lab_of(colours[j])), 20.0)
          << std::hex << colours[i] << " and " << colours[j];
    }
  }
}

TEST(Palette, HasTwentyFourBitColoursThatStayForAnyNumber) {
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{29}, std::size_t{30}, std::size_t{65535}, SIZE_MAX}) {
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
