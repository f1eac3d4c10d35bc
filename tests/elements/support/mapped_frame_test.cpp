#include "elements/support/mapped_frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
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
  EXPECT_EQ(wide.matrix, ColourMatrix::kBt2020);
  EXPECT_EQ(wide.range, ColourRange::kLimited);
  const Picture full = picture_of("video/x-raw,format=NV12,width=4,height=4,colorimetry=1:3:5:1");
  EXPECT_EQ(full.matrix, ColourMatrix::kBt709);
  EXPECT_EQ(full.range, ColourRange::kFull);
}

TEST(Picture, GuessesTheMatrixFromTheSizeAsGStreamerDoes) {
  EXPECT_EQ(picture_of("video/x-raw,format=I420,width=640,height=480").matrix,
            ColourMatrix::kBt601);
  EXPECT_EQ(picture_of("video/x-raw,format=I420,width=1280,height=720").matrix,
            ColourMatrix::kBt709);
}

TEST(Picture, LaysFormatsOutAsGStreamerDoes) {
  for (const PixelLayout &layout : kPixelLayouts) {
    const GstVideoFormat format = gst_video_format_from_string(layout.name);
    ASSERT_NE(format, GST_VIDEO_FORMAT_UNKNOWN) << layout.name;
    const GstVideoInfo info = info_of(format, 7, 5);
    EXPECT_EQ(layout.planes(), static_cast<int>(GST_VIDEO_INFO_N_PLANES(&info))) << layout.name;
    EXPECT_EQ(layout.ycbcr, GST_VIDEO_INFO_IS_YUV(&info)) << layout.name;
    EXPECT_EQ(layout.grey(), GST_VIDEO_INFO_IS_GRAY(&info)) << layout.name;
    EXPECT_EQ(layout.bytes_per_sample, (GST_VIDEO_INFO_COMP_DEPTH(&info, 0) + 7) / 8);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const guint component = layout.grey() ? 0 : static_cast<guint>(channel);
      const auto &[plane, offset, step] = layout.channels[channel];
      EXPECT_EQ(plane, static_cast<int>(GST_VIDEO_INFO_COMP_PLANE(&info, component)))
          << layout.name << channel;
      // GStreamer counts P010's offset in samples.
      if (layout.bytes_per_sample == 1) {
        EXPECT_EQ(offset, static_cast<int>(GST_VIDEO_INFO_COMP_POFFSET(&info, component)))
            << layout.name << channel;
      }
      EXPECT_EQ(step, GST_VIDEO_INFO_COMP_PSTRIDE(&info, component)) << layout.name << channel;
      EXPECT_EQ(layout.columns(channel, 7), GST_VIDEO_INFO_COMP_WIDTH(&info, component))
          << layout.name << channel;
      EXPECT_EQ(layout.rows(channel, 5), GST_VIDEO_INFO_COMP_HEIGHT(&info, component))
          << layout.name << channel;
    }
    const std::string caps = std::string("video/x-raw,width=3,height=3,format=") + layout.name;
    EXPECT_EQ(picture_of(caps.c_str()).format, layout.format) << layout.name;
  }
}

TEST(Picture, HasEachChannelWhereGStreamersConverterWritesIt) {
  constexpr int kWidth = 8, kHeight = 6;
  const std::array<std::uint8_t, 3> sample{100, 90, 200};  // Y', Cb, Cr
  const GstVideoInfo from = info_of(GST_VIDEO_FORMAT_I420, kWidth, kHeight);
  auto source = make_frame(GST_VIDEO_FORMAT_I420, kWidth, kHeight);
  {
    const MappedFrame mapped(source.get(), from, GST_MAP_WRITE);
    for (int plane = 0; plane < 3; ++plane)
      for (int y = 0; y < (plane == 0 ? kHeight : kHeight / 2); ++y)
        std::fill_n(mapped.plane(plane) + y * mapped.stride(plane),
                    plane == 0 ? kWidth : kWidth / 2, sample[static_cast<std::size_t>(plane)]);
  }
  for (const PixelLayout &layout : kPixelLayouts) {
    if (!layout.ycbcr) continue;
    const GstVideoFormat format = gst_video_format_from_string(layout.name);
    const GstVideoInfo to = info_of(format, kWidth, kHeight);
    auto target = make_frame(format, kWidth, kHeight);
    const std::unique_ptr<GstVideoConverter, decltype(&gst_video_converter_free)> converter(
        gst_video_converter_new(&from, &to, nullptr), gst_video_converter_free);
    GstVideoFrame in, out;
    ASSERT_TRUE(gst_video_frame_map(&in, &from, source.get(), GST_MAP_READ));
    ASSERT_TRUE(gst_video_frame_map(&out, &to, target.get(), GST_MAP_WRITE));
    gst_video_converter_frame(converter.get(), &in, &out);
    gst_video_frame_unmap(&in);
    gst_video_frame_unmap(&out);
    const MappedFrame written(target.get(), to, GST_MAP_READ);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const auto &[plane, offset, step] = layout.channels[channel];
      for (const int x : {0, layout.columns(channel, kWidth) - 1})
        EXPECT_EQ(written.plane(plane)[offset + x * step], sample[channel])
            << layout.name << " channel " << channel;
    }
  }
}

TEST(Picture, RefusesAFormatThatTheModelDoesNotKnow) {
  EXPECT_THROW(picture_of("video/x-raw,width=4,height=4,format=UYVY"), Error);
}

}  // namespace
}  // namespace naclip::testing
