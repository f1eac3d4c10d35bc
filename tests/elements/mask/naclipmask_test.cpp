#include "elements/mask/naclipmask.h"

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include "tests/elements/frames.h"

namespace naclip::testing {
namespace {

using Bytes = std::vector<std::uint8_t>;

class NaclipMask : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { GST_ELEMENT_REGISTER(naclipmask, nullptr); }

  /// An element between pads with these caps; sizes are those of the frames that are pushed.
  void start(const char *launch, const std::string &in_caps, const std::string &out_caps) {
    harness_.reset(gst_harness_new_parse(launch));
    element_.reset(gst_harness_find_element(harness_.get(), "naclipmask"));
    messages_ = std::make_unique<Messages>(element_.get());
    gst_harness_set_sink_caps_str(harness_.get(), out_caps.c_str());
    gst_harness_set_src_caps_str(harness_.get(), in_caps.c_str());
  }

  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    return Ptr<GstBuffer>(gst_harness_push_and_pull(harness_.get(), frame.release()));
  }

  /// The pixels of what becomes of a frame.
  Bytes pixels_after(Ptr<GstBuffer> frame) {
    const auto out = pass(std::move(frame));
    return out == nullptr ? Bytes{} : pixels_of(out.get(), out_info());
  }

  GstVideoInfo out_info() {
    const Ptr<GstPad> pad(gst_element_get_static_pad(element_.get(), "src"));
    const Ptr<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
    GstVideoInfo info{};
    EXPECT_NE(caps, nullptr);
    if (caps != nullptr) gst_video_info_from_caps(&info, caps.get());
    return info;
  }

  /// The text of the next warning on the bus, empty where there is none.
  std::string warning() {
    const Ptr<GstMessage> message = messages_->next(GST_MESSAGE_WARNING);
    return message == nullptr ? "" : error_of(message.get())->message;
  }

  Harness harness_;
  Ptr<GstElement> element_;
  std::unique_ptr<Messages> messages_;
};

Ptr<GstNaclipSegmentation> three_regions() {
  return make_segmentation<std::uint8_t>(2, 2, {0, 1, 1, 2}, {"background", "person", "car"});
}

TEST_F(NaclipMask, LabelsAreScaledToTheFrameAndKeepItsTimeAndMetadata) {
  start("naclipmask", caps_of("I420", 4, 4), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_I420, 4, 4);
  const auto segmentation = three_regions();
  attach(frame.get(), segmentation.get(), 4, 4);
  const auto out = pass(std::move(frame));
  ASSERT_NE(out, nullptr);
  const GstVideoInfo info = out_info();
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_GRAY8);
  EXPECT_EQ(pixels_of(out.get(), info), (Bytes{0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(GST_BUFFER_PTS(out.get()), 5 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(out.get()), GST_SECOND / 10);
  EXPECT_EQ(info.fps_n, 10);
  EXPECT_EQ(info.par_n, info.par_d);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(out.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->segmentation, segmentation.get());
  EXPECT_EQ(warning(), "");
}

TEST_F(NaclipMask, GreyPicturesAreNotTakenForTheirMasks) {
  start("naclipmask", caps_of("GRAY8", 2, 2), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 2, 2);
  attach(frame.get(), three_regions().get(), 2, 2);
  const auto out = pass(std::move(frame));
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(pixels_of(out.get(), out_info()), (Bytes{0, 1, 1, 2}));
}

TEST_F(NaclipMask, EveryInputFormatPaddedOrNotGivesTheSameLabels) {
  for (const PixelLayout &layout : kPixelLayouts) {
    const char *format = layout.name;
    for (const int padding : {0, 16}) {
      start("naclipmask", caps_of(format, 3, 5), "video/x-raw");
      auto frame = make_frame(gst_video_format_from_string(format), 3, 5, padding);
      attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {1}, {"a", "b"}).get(), 3, 5);
      const auto out = pass(std::move(frame));
      ASSERT_NE(out, nullptr) << format;
      EXPECT_EQ(pixels_of(out.get(), out_info()), Bytes(15, 1)) << format;
    }
  }
}

TEST_F(NaclipMask, AFrameOfOnePixelHasOneLabel) {
  start("naclipmask", caps_of("NV12", 1, 1), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_NV12, 1, 1);
  attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {1}, {"a", "b"}).get(), 1, 1);
  EXPECT_EQ(pixels_after(std::move(frame)), Bytes{1});
}

TEST_F(NaclipMask, LabelsAreWideWhereDownstreamAsks) {
  start("naclipmask", caps_of("RGB", 2, 1), "video/x-raw,format=GRAY16_LE");
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 1);
  const std::vector<std::string> labels(301, "label");
  attach(frame.get(), make_segmentation<std::uint16_t>(2, 1, {300, 1}, labels).get(), 2, 1);
  EXPECT_EQ(pixels_after(std::move(frame)), (Bytes{0x2c, 1, 1, 0}));
}

TEST_F(NaclipMask, LabelsAreNarrowWhereDownstreamTakesBoth) {
  start("naclipmask", caps_of("RGB", 2, 1), "video/x-raw,format={GRAY16_LE,GRAY8}");
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 1);
  attach(frame.get(), three_regions().get(), 2, 1);
  ASSERT_NE(pass(std::move(frame)), nullptr);
  const GstVideoInfo info = out_info();
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_GRAY8);
}

TEST_F(NaclipMask, UpstreamIsNotAskedForGreyPicturesBecauseTheLabelsAreGrey) {
  start("naclipmask", caps_of("RGB", 2, 1), "video/x-raw,format=GRAY8");
  const Ptr<GstPad> pad(gst_element_get_static_pad(element_.get(), "sink"));
  const Ptr<GstCaps> caps(gst_caps_fixate(gst_pad_query_caps(pad.get(), nullptr)));
  EXPECT_STREQ(gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "format"), "I420");
}

TEST_F(NaclipMask, TooManyRegionsForGrey8PostAnErrorThatSaysWhatToDo) {
  start("naclipmask", caps_of("RGB", 2, 1), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 1);
  const std::vector<std::string> labels(257, "label");
  attach(frame.get(), make_segmentation<std::uint16_t>(2, 1, {256, 1}, labels).get(), 2, 1);
  EXPECT_EQ(gst_harness_push(harness_.get(), frame.release()), GST_FLOW_ERROR);
  const Ptr<GstMessage> message = messages_->next(GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  const Ptr<GError> error = error_of(message.get());
  EXPECT_TRUE(g_error_matches(error.get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  EXPECT_NE(std::string(error->message).find("video/x-raw,format=GRAY16_LE"), std::string::npos);
}

TEST_F(NaclipMask, ClassesNotChosenAreZero) {
  start("naclipmask classes=car", caps_of("RGB", 2, 2), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  attach(frame.get(), three_regions().get(), 2, 2);
  EXPECT_EQ(pixels_after(std::move(frame)), (Bytes{0, 0, 0, 2}));
}

TEST_F(NaclipMask, ClassesMayChangeBetweenFrames) {
  start("naclipmask classes=car", caps_of("RGB", 2, 2), "video/x-raw");
  const auto segmentation = three_regions();
  auto first = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  attach(first.get(), segmentation.get(), 2, 2);
  pass(std::move(first));
  g_object_set(element_.get(), "classes", "person", nullptr);
  auto second = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  attach(second.get(), segmentation.get(), 2, 2);
  EXPECT_EQ(pixels_after(std::move(second)), (Bytes{0, 1, 1, 0}));
}

TEST_F(NaclipMask, AnUnknownClassIsWarnedOfOnce) {
  start("naclipmask classes=dog", caps_of("RGB", 2, 2), "video/x-raw");
  const auto segmentation = three_regions();
  for (int i = 0; i < 2; ++i) {
    auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
    attach(frame.get(), segmentation.get(), 2, 2);
    EXPECT_EQ(pixels_after(std::move(frame)), Bytes(4, 0));
  }
  EXPECT_EQ(warning(), "No class is labelled dog. There are: background, person, car.");
  EXPECT_EQ(warning(), "");
}

TEST_F(NaclipMask, AFrameWithoutAMaskIsNothing) {
  for (const char *launch : {"naclipmask", "naclipmask output=matte", "naclipmask output=colour"}) {
    start(launch, caps_of("RGB", 2, 1), "video/x-raw,format={GRAY8,RGBA,RGB}");
    for (int i = 0; i < 2; ++i) {
      const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 2, 1));
      ASSERT_NE(out, nullptr) << launch;
      const GstVideoInfo info = out_info();
      const Bytes pixels = pixels_of(out.get(), info);
      if (GST_VIDEO_INFO_HAS_ALPHA(&info)) {
        EXPECT_EQ(pixels, (Bytes{100, 100, 100, 0, 100, 100, 100, 0})) << launch;
      } else {
        EXPECT_EQ(pixels, Bytes(pixels.size(), 0)) << launch;
      }
    }
    EXPECT_EQ(warning(), "") << "a live stream's first frames have none: " << launch;
  }
}

TEST_F(NaclipMask, AStreamThatEndsWithoutAMaskIsWarnedOfOnce) {
  start("naclipmask", caps_of("RGB", 2, 1), "video/x-raw,format=GRAY8");
  ASSERT_NE(pass(make_frame(GST_VIDEO_FORMAT_RGB, 2, 1)), nullptr);
  gst_harness_push_event(harness_.get(), gst_event_new_eos());
  EXPECT_EQ(warning(),
            "No frame has a mask. Put naclipsegment before naclipmask, with no element "
            "between them that drops metadata.");
  EXPECT_EQ(warning(), "");
}

TEST_F(NaclipMask, ShowsTheNearestSegmentersMaskOrThatOfItsSource) {
  for (const auto &[launch, id] : {std::pair{"naclipmask", 2}, {"naclipmask source=first", 1}}) {
    start(launch, caps_of("RGB", 1, 1), "video/x-raw");
    auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 1, 1);
    attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {1}, {"", "a"}, 0, "first").get(), 1,
           1);
    attach(frame.get(),
           make_segmentation<std::uint8_t>(1, 1, {2}, {"", "a", "b"}, 0, "second").get(), 1, 1);
    EXPECT_EQ(pixels_after(std::move(frame)), Bytes(1, static_cast<std::uint8_t>(id))) << launch;
    EXPECT_EQ(warning(), "");
  }
}

TEST_F(NaclipMask, MatteIsThePictureWithAlphaWhereTheClassIs) {
  start("naclipmask output=matte classes=car", caps_of("BGRx", 2, 2), "video/x-raw,format=RGBA");
  auto frame = make_frame(GST_VIDEO_FORMAT_BGRx, 2, 2, 8);
  const Bytes pixel{10, 20, 30, 0};
  gst_buffer_fill(frame.get(), 0, pixel.data(), 4);
  attach(frame.get(), three_regions().get(), 2, 2);
  const auto out = pass(std::move(frame));
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(pixels_of(out.get(), out_info()),
            (Bytes{30, 20, 10, 0, 100, 100, 100, 0, 100, 100, 100, 0, 100, 100, 100, 255}));
}

TEST_F(NaclipMask, MatteTakesNoPictureThatIsNotOfTheRgbFamily) {
  start("naclipmask output=matte", caps_of("RGB", 2, 2), "video/x-raw");
  const Ptr<GstPad> pad(gst_element_get_static_pad(element_.get(), "sink"));
  const Ptr<GstCaps> rgb(gst_caps_from_string(caps_of("RGB", 2, 2).c_str()));
  const Ptr<GstCaps> i420(gst_caps_from_string(caps_of("I420", 2, 2).c_str()));
  EXPECT_TRUE(gst_pad_query_accept_caps(pad.get(), rgb.get()));
  EXPECT_FALSE(gst_pad_query_accept_caps(pad.get(), i420.get()));
}

TEST_F(NaclipMask, ColourPaintsEachRegion) {
  start("naclipmask output=colour", caps_of("NV12", 2, 2), "video/x-raw,format=BGR");
  auto frame = make_frame(GST_VIDEO_FORMAT_NV12, 2, 2);
  attach(frame.get(), three_regions().get(), 2, 2);
  EXPECT_EQ(pixels_after(std::move(frame)), (Bytes{0, 0, 0, 0xff, 0, 1, 0xff, 0, 1, 0xff, 0, 2}));
}

TEST_F(NaclipMask, CapsMayChangeMidStream) {
  start("naclipmask", caps_of("RGB", 2, 2), "video/x-raw");
  const auto segmentation = three_regions();
  auto first = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  attach(first.get(), segmentation.get(), 2, 2);
  EXPECT_EQ(pixels_after(std::move(first)).size(), 4U);
  gst_harness_set_src_caps_str(harness_.get(), caps_of("I420", 17, 33).c_str());
  auto second = make_frame(GST_VIDEO_FORMAT_I420, 17, 33);
  attach(second.get(), segmentation.get(), 17, 33);
  const auto out = pass(std::move(second));
  ASSERT_NE(out, nullptr);
  const Bytes pixels = pixels_of(out.get(), out_info());
  ASSERT_EQ(pixels.size(), 17U * 33);
  EXPECT_EQ(pixels.front(), 0);
  EXPECT_EQ(pixels.back(), 2);
}

TEST_F(NaclipMask, AsksUpstreamForVideoMeta) {
  start("naclipmask", caps_of("RGB", 2, 2), "video/x-raw");
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_of("RGB", 2, 2).c_str()));
  const Ptr<GstQuery> query(gst_query_new_allocation(caps.get(), FALSE));
  ASSERT_TRUE(gst_pad_peer_query(harness_->srcpad, query.get()));
  EXPECT_TRUE(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
}

TEST_F(NaclipMask, OutputIsRefusedWhileRunning) {
  start("naclipmask", caps_of("RGB", 2, 2), "video/x-raw");
  gst_util_set_object_arg(G_OBJECT(element_.get()), "output", "matte");
  EXPECT_NE(warning().find("The property output can only be set"), std::string::npos);
}

TEST_F(NaclipMask, FramesAreSharedNoMoreAfterwards) {
  auto segmentation = three_regions();
  const Ptr<GstBuffer> mask = ref(gst_naclip_segmentation_get_mask(segmentation.get()));
  start("naclipmask", caps_of("RGB", 2, 2), "video/x-raw");
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  attach(frame.get(), segmentation.get(), 2, 2);
  segmentation.reset();
  pass(std::move(frame));
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 1);
}

}  // namespace
}  // namespace naclip::testing
