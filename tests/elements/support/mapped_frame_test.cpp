#include "elements/support/mapped_frame.h"

#include <gtest/gtest.h>

#include <utility>

#include "model/error.h"
#include "tests/elements/frames.h"

namespace naclip::testing {
namespace {

TEST(MappedFrame, TakesStridesAndOffsetsFromTheVideoMeta) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_NV12, 17, 33, 5);
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_NV12, 17, 33);
  const MappedFrame mapped(frame.get(), info, GST_MAP_READ);
  EXPECT_EQ(mapped.width(), 17);
  EXPECT_EQ(mapped.height(), 33);
  EXPECT_EQ(mapped.n_planes(), 2);
  EXPECT_EQ(mapped.stride(0), 20 + 5);
  EXPECT_EQ(mapped.stride(1), 20 + 5);
  EXPECT_EQ(mapped.plane(1) - mapped.plane(0), 25 * 34);
}

TEST(MappedFrame, TakesThemFromTheInfoWhereThereIsNoVideoMeta) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_I420, 17, 33);
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_I420, 17, 33);
  const MappedFrame mapped(frame.get(), info, GST_MAP_READ);
  EXPECT_EQ(mapped.stride(0), 20);
  EXPECT_EQ(mapped.stride(2), 12);
  EXPECT_EQ(mapped.plane(1) - mapped.plane(0), 20 * 34);
}

TEST(MappedFrame, TellsThePixelsShape) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4);
  GstVideoInfo info = info_of(GST_VIDEO_FORMAT_RGB, 4, 4);
  EXPECT_EQ(MappedFrame(frame.get(), info, GST_MAP_READ).picture().pixel_aspect, 1.0);
  info.par_n = 16;
  info.par_d = 11;
  EXPECT_EQ(MappedFrame(frame.get(), info, GST_MAP_READ).picture().pixel_aspect, 16.0 / 11);
  info.par_n = 0;
  EXPECT_EQ(MappedFrame(frame.get(), info, GST_MAP_READ).picture().pixel_aspect, 1.0)
      << "not known";
}

TEST(MappedFrame, MapsAFrameOfOnePixel) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 1, 1, 0, 7);
  const MappedFrame mapped(frame.get(), info_of(GST_VIDEO_FORMAT_RGB, 1, 1), GST_MAP_READ);
  EXPECT_EQ(mapped.plane(0)[2], 7);
}

TEST(MappedFrame, TakesTheUpperLeftPartOfALargerPicture) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 20, 10, 4);
  const MappedFrame mapped(frame.get(), info_of(GST_VIDEO_FORMAT_GRAY8, 16, 8), GST_MAP_READ);
  EXPECT_EQ(mapped.width(), 16);
  EXPECT_EQ(mapped.height(), 8);
  EXPECT_EQ(mapped.stride(0), 24);
}

TEST(MappedFrame, MovesWithoutMappingTwice) {
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4);
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_RGB, 4, 4);
  {
    MappedFrame first(frame.get(), info, GST_MAP_READ);
    const std::uint8_t *pixels = first.plane(0);
    MappedFrame second(std::move(first));
    EXPECT_EQ(second.plane(0), pixels);
    first = std::move(second);
    EXPECT_EQ(first.plane(0), pixels);
  }
  // All is unmapped, so that it may be written again.
  EXPECT_NO_THROW(MappedFrame(frame.get(), info, GST_MAP_WRITE));
}

/// Maps, which must throw, and gives the cause.
std::string refusal(GstBuffer *frame, const GstVideoInfo &info, GstMapFlags flags) {
  try {
    const MappedFrame mapped(frame, info, flags);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInference);
    return error.detail();
  }
  ADD_FAILURE() << "the frame was mapped";
  return {};
}

TEST(MappedFrame, RefusesABufferSmallerThanTheFrame) {
  const Ptr<GstBuffer> frame(gst_buffer_new_allocate(nullptr, 10, nullptr));
  EXPECT_NE(
      refusal(frame.get(), info_of(GST_VIDEO_FORMAT_RGB, 4, 4), GST_MAP_READ).find("10 bytes"),
      std::string::npos);
}

TEST(MappedFrame, RefusesAVideoMetaThatReachesBeyondTheMemory) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4, 4);
  gst_buffer_get_video_meta(frame.get())->stride[0] = 100;
  EXPECT_NE(
      refusal(frame.get(), info_of(GST_VIDEO_FORMAT_RGB, 4, 4), GST_MAP_READ).find("last row"),
      std::string::npos);
}

TEST(MappedFrame, RefusesAVideoMetaOfAnotherFormat) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4, 4);
  EXPECT_NE(refusal(frame.get(), info_of(GST_VIDEO_FORMAT_BGR, 4, 4), GST_MAP_READ)
                .find("GstVideoMeta says RGB 4 x 4"),
            std::string::npos);
}

TEST(MappedFrame, RefusesToWriteASharedBuffer) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4);
  const Ptr<GstBuffer> other = ref(frame.get());
  EXPECT_NE(
      refusal(frame.get(), info_of(GST_VIDEO_FORMAT_RGB, 4, 4), GST_MAP_READWRITE).find("shared"),
      std::string::npos);
}

/// The picture of a frame with these caps.
Picture picture_of(const char *caps_text) {
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_text));
  GstVideoInfo info;
  EXPECT_TRUE(gst_video_info_from_caps(&info, caps.get()));
  const auto frame = make_frame(GST_VIDEO_INFO_FORMAT(&info), info.width, info.height);
  return MappedFrame(frame.get(), info, GST_MAP_READ).picture();
}

TEST(Picture, TakesMatrixAndRangeFromTheColorimetry) {
  const Picture wide = picture_of("video/x-raw,format=I420,width=4,height=4,colorimetry=bt2020");
  EXPECT_EQ(wide.matrix, ColorMatrix::kBt2020);
  EXPECT_EQ(wide.range, ColorRange::kLimited);
  const Picture full = picture_of("video/x-raw,format=NV12,width=4,height=4,colorimetry=1:3:5:1");
  EXPECT_EQ(full.matrix, ColorMatrix::kBt709);
  EXPECT_EQ(full.range, ColorRange::kFull);
}

TEST(Picture, GuessesTheMatrixFromTheSizeAsGStreamerDoes) {
  EXPECT_EQ(picture_of("video/x-raw,format=I420,width=640,height=480").matrix, ColorMatrix::kBt601);
  EXPECT_EQ(picture_of("video/x-raw,format=I420,width=1280,height=720").matrix,
            ColorMatrix::kBt709);
}

TEST(Picture, NamesAllNineFormats) {
  const std::vector<std::pair<const char *, PixelFormat>> formats{
      {"RGB", PixelFormat::kRgb},     {"BGR", PixelFormat::kBgr},   {"RGBx", PixelFormat::kRgbx},
      {"BGRx", PixelFormat::kBgrx},   {"RGBA", PixelFormat::kRgba}, {"BGRA", PixelFormat::kBgra},
      {"GRAY8", PixelFormat::kGray8}, {"I420", PixelFormat::kI420}, {"NV12", PixelFormat::kNv12}};
  for (const auto &[name, format] : formats) {
    const std::string caps = std::string("video/x-raw,width=3,height=3,format=") + name;
    EXPECT_EQ(picture_of(caps.c_str()).format, format) << name;
  }
}

TEST(Picture, RefusesAFormatThatTheModelDoesNotKnow) {
  EXPECT_THROW(picture_of("video/x-raw,width=4,height=4,format=UYVY"), Error);
}

}  // namespace
}  // namespace naclip::testing
