#include "model/stages/preprocess.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <vector>

namespace naclip {
namespace {

/// A smooth colour picture, so that chroma at half size loses little.
cv::Mat colours(int height, int width) {
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      picture.at<cv::Vec3b>(y, x) = cv::Vec3b(
          static_cast<uchar>(40 + 150 * x / width), static_cast<uchar>(60 + 120 * y / height),
          static_cast<uchar>(200 - 100 * (x + y) / (width + height)));
  return picture;
}

/// Rows `extra` bytes longer than their pixels, the padding filled with something that would show.
struct Padded {
  std::vector<std::uint8_t> bytes;
  std::ptrdiff_t stride;
  Padded(const cv::Mat &mat, std::size_t extra)
      : stride(static_cast<std::ptrdiff_t>(mat.cols * mat.elemSize() + extra)) {
    bytes.assign(static_cast<std::size_t>(stride) * static_cast<std::size_t>(mat.rows), 255);
    for (int y = 0; y < mat.rows; ++y)
      std::copy_n(mat.ptr(y), mat.cols * mat.elemSize(), bytes.data() + y * stride);
  }
};

at::Tensor from_packed(const cv::Mat &mat, PixelFormat format, PictureSize size) {
  const Padded padded(mat, 13);
  Picture picture;
  picture.format = format;
  picture.width = mat.cols;
  picture.height = mat.rows;
  picture.planes[0] = padded.bytes.data();
  picture.strides[0] = padded.stride;
  return preprocess(picture, size);
}

double largest_difference(const at::Tensor &a, const at::Tensor &b) {
  return (a - b).abs().max().item<double>();
}

constexpr double kOneStep = 1.0 / 66.0;  // of 8 bits, after normalising

TEST(Preprocess, PackedFormatsAgreeWhateverTheirOrderAndPadding) {
  const cv::Mat rgb = colours(33, 51);
  const PictureSize size{17, 26};
  const at::Tensor expected = from_packed(rgb, PixelFormat::kRgb, size);
  const auto converted = [&](int code) {
    cv::Mat result;
    cv::cvtColor(rgb, result, code);
    return result;
  };
  EXPECT_TRUE(from_packed(converted(cv::COLOR_RGB2BGR), PixelFormat::kBgr, size).equal(expected));
  for (const PixelFormat format : {PixelFormat::kRgbx, PixelFormat::kRgba})
    EXPECT_TRUE(from_packed(converted(cv::COLOR_RGB2RGBA), format, size).equal(expected));
  for (const PixelFormat format : {PixelFormat::kBgrx, PixelFormat::kBgra})
    EXPECT_TRUE(from_packed(converted(cv::COLOR_RGB2BGRA), format, size).equal(expected));
}

TEST(Preprocess, NormalisesByTheReferencesMeanAndDeviation) {
  const cv::Mat grey(4, 4, CV_8UC1, cv::Scalar(100));
  const at::Tensor result = from_packed(grey, PixelFormat::kGray8, {4, 4});
  EXPECT_NEAR(result[0][0][1][1].item<double>(), (100 - 122.771) / 68.501, 1e-5);
  EXPECT_NEAR(result[0][1][1][1].item<double>(), (100 - 116.746) / 66.632, 1e-5);
  EXPECT_NEAR(result[0][2][1][1].item<double>(), (100 - 104.094) / 70.323, 1e-5);
}

struct Colorimetry {
  ColourMatrix matrix;
  ColourRange range;
  double kr, kb;
};

class PreprocessYuv : public ::testing::TestWithParam<Colorimetry> {};

/// Y', Cb and Cr of an RGB picture, by the definition of the matrix; chroma at half the width, and
/// of so many rows.
std::array<cv::Mat, 3> to_planes(const cv::Mat &rgb, const Colorimetry &c, int chroma_rows) {
  std::array<cv::Mat, 3> full;
  for (cv::Mat &plane : full) plane.create(rgb.size(), CV_8UC1);
  const bool limited = c.range == ColourRange::kLimited;
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const cv::Vec3b p = rgb.at<cv::Vec3b>(y, x);
      const double luma = c.kr * p[0] + (1 - c.kr - c.kb) * p[1] + c.kb * p[2];
      const double cb = (p[2] - luma) / (2 * (1 - c.kb)), cr = (p[0] - luma) / (2 * (1 - c.kr));
      full[0].at<uchar>(y, x) = cv::saturate_cast<uchar>(limited ? 16 + luma * 219 / 255 : luma);
      full[1].at<uchar>(y, x) = cv::saturate_cast<uchar>(128 + cb * (limited ? 224.0 / 255 : 1));
      full[2].at<uchar>(y, x) = cv::saturate_cast<uchar>(128 + cr * (limited ? 224.0 / 255 : 1));
    }
  for (const int chroma : {1, 2})
    cv::resize(full[static_cast<std::size_t>(chroma)], full[static_cast<std::size_t>(chroma)],
               cv::Size((rgb.cols + 1) / 2, chroma_rows), 0, 0, cv::INTER_AREA);
  return full;
}

/// A frame of three planes, which must outlive it.
Picture planar(PixelFormat format, cv::Size size, const std::array<Padded, 3> &planes,
               const Colorimetry &c) {
  Picture picture;
  picture.format = format;
  picture.width = size.width;
  picture.height = size.height;
  picture.matrix = c.matrix;
  picture.range = c.range;
  for (std::size_t i = 0; i < 3; ++i) {
    picture.planes[i] = planes[i].bytes.data();
    picture.strides[i] = planes[i].stride;
  }
  return picture;
}

TEST_P(PreprocessYuv, EqualsRgbOfTheSamePicture) {
  const cv::Mat rgb = colours(101, 151);
  const PictureSize size{40, 60};
  const at::Tensor expected = from_packed(rgb, PixelFormat::kRgb, size);
  const auto planes = to_planes(rgb, GetParam(), (rgb.rows + 1) / 2);
  const std::array padded{Padded(planes[0], 9), Padded(planes[1], 5), Padded(planes[2], 3)};
  Picture picture = planar(PixelFormat::kI420, rgb.size(), padded, GetParam());
  const at::Tensor i420 = preprocess(picture, size);
  EXPECT_LE(largest_difference(i420, expected), 4 * kOneStep);

  std::swap(picture.planes[1], picture.planes[2]);
  std::swap(picture.strides[1], picture.strides[2]);
  picture.format = PixelFormat::kYv12;
  EXPECT_TRUE(preprocess(picture, size).equal(i420));

  for (const auto &[format, first] : {std::pair{PixelFormat::kNv12, 1}, {PixelFormat::kNv21, 2}}) {
    cv::Mat interleaved;
    cv::merge(std::vector<cv::Mat>{planes[static_cast<std::size_t>(first)],
                                   planes[static_cast<std::size_t>(3 - first)]},
              interleaved);
    const Padded chroma(interleaved, 7);
    picture.format = format;
    picture.planes = {padded[0].bytes.data(), chroma.bytes.data(), nullptr};
    picture.strides = {padded[0].stride, chroma.stride, 0};
    EXPECT_TRUE(preprocess(picture, size).equal(i420));
  }

  // Ten bits in the upper ones of 16, little endian: the two last bits are not seen.
  const auto widened = [](const cv::Mat &bytes) {
    cv::Mat wide;
    cv::merge(std::vector<cv::Mat>{cv::Mat(bytes.size(), CV_8UC1, cv::Scalar(0xc0)), bytes}, wide);
    return wide;
  };
  cv::Mat wide_chroma;
  cv::merge(std::vector<cv::Mat>{widened(planes[1]), widened(planes[2])}, wide_chroma);
  const Padded luma(widened(planes[0]), 6), chroma(wide_chroma, 10);
  picture.format = PixelFormat::kP010;
  picture.planes = {luma.bytes.data(), chroma.bytes.data(), nullptr};
  picture.strides = {luma.stride, chroma.stride, 0};
  EXPECT_TRUE(preprocess(picture, size).equal(i420));
}

TEST_P(PreprocessYuv, ChromaOfEveryRowEqualsRgbOfTheSamePicture) {
  const cv::Mat rgb = colours(101, 151);
  const PictureSize size{40, 60};
  const auto planes = to_planes(rgb, GetParam(), rgb.rows);
  const std::array padded{Padded(planes[0], 9), Padded(planes[1], 5), Padded(planes[2], 3)};
  const Picture picture = planar(PixelFormat::kY42b, rgb.size(), padded, GetParam());
  EXPECT_LE(
      largest_difference(preprocess(picture, size), from_packed(rgb, PixelFormat::kRgb, size)),
      4 * kOneStep);
}

INSTANTIATE_TEST_SUITE_P(
    Matrices, PreprocessYuv,
    ::testing::Values(Colorimetry{ColourMatrix::kBt601, ColourRange::kLimited, 0.299, 0.114},
                      Colorimetry{ColourMatrix::kBt601, ColourRange::kFull, 0.299, 0.114},
                      Colorimetry{ColourMatrix::kBt709, ColourRange::kLimited, 0.2126, 0.0722},
                      Colorimetry{ColourMatrix::kBt709, ColourRange::kFull, 0.2126, 0.0722},
                      Colorimetry{ColourMatrix::kBt2020, ColourRange::kLimited, 0.2627, 0.0593},
                      Colorimetry{ColourMatrix::kBt2020, ColourRange::kFull, 0.2627, 0.0593}));

TEST(Preprocess, ColoursOutsideOfRgbAreClamped) {
  const std::array<std::uint8_t, 3> bright{235, 128, 240}, dark{16, 128, 16};
  Picture picture;
  picture.format = PixelFormat::kI420;
  picture.width = picture.height = 1;
  picture.strides = {1, 1, 1};
  const auto red_of = [&](const std::array<std::uint8_t, 3> &yuv) {
    for (std::size_t i = 0; i < 3; ++i) picture.planes[i] = &yuv[i];
    return preprocess(picture, {1, 1})[0][0].item<double>();
  };
  EXPECT_NEAR(red_of(bright), (255 - 122.771) / 68.501, 1e-5);
  EXPECT_NEAR(red_of(dark), (0 - 122.771) / 68.501, 1e-5);
}

TEST(InputSize, KeepsTheRatioAndBoundsBothSides) {
  EXPECT_EQ(network_input_size({150, 230}, 96, 16), (PictureSize{96, 147}));
  EXPECT_EQ(network_input_size({720, 1280}, 336, 16), (PictureSize{336, 597}));
  EXPECT_EQ(network_input_size({1, 1}, 336, 16), (PictureSize{336, 336}));
  EXPECT_EQ(network_input_size({16, 4096}, 336, 16), (PictureSize{16, 2048}));
}

TEST(InputSize, FollowsTheDisplayedShapeWherePixelsAreNotSquare) {
  EXPECT_EQ(network_input_size({720, 640}, 336, 16, 2.0), network_input_size({720, 1280}, 336, 16));
  EXPECT_EQ(network_input_size({576, 720}, 336, 16, 64.0 / 45),
            network_input_size({576, 1024}, 336, 16));
  EXPECT_EQ(network_input_size({480, 720}, 336, 16, 8.0 / 9),
            network_input_size({480, 640}, 336, 16));
}

TEST(InputSize, IsBoundedWhateverTheShapeOfThePixels) {
  EXPECT_EQ(network_input_size({720, 1280}, 336, 16, 0.001), (PictureSize{2048, 16}));
  EXPECT_EQ(network_input_size({720, 1280}, 336, 16, 1000), (PictureSize{16, 2048}));
  EXPECT_EQ(network_input_size({1, 1}, 336, 16, 1e-10), (PictureSize{2048, 16}));
  EXPECT_EQ(network_input_size({32767, 32767}, 2048, 16, 1e10), (PictureSize{16, 2048}));
}

TEST(InputSize, APictureOfWidePixelsIsReadAsItsStretchedForm) {
  const cv::Mat narrow = colours(60, 40);
  cv::Mat square;
  cv::resize(narrow, square, {80, 60}, 0, 0, cv::INTER_LINEAR);
  const PictureSize size = network_input_size({narrow.rows, narrow.cols}, 48, 16, 2.0);
  ASSERT_EQ(size, network_input_size({square.rows, square.cols}, 48, 16));
  EXPECT_LE(largest_difference(from_packed(narrow, PixelFormat::kRgb, size),
                               from_packed(square, PixelFormat::kRgb, size)),
            3 * kOneStep);
}

}  // namespace
}  // namespace naclip
