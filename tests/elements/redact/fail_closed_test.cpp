// naclipredact where masks are missing, old, broken or of other words: what it cannot know of is
// covered.
#include <thread>

#include "redact_fixture.h"
#include "tests/elements/segment/live_fixture.h"

namespace naclip::testing {
namespace {

TEST(RedactFailsClosed, AFrameWithoutAMaskIsCoveredWhole) {
  for (const char *mode : {"fill", "pixelate", "blur"}) {
    Redact redact(std::string("mode=") + mode, "RGB", 32, 32);
    Ptr<GstBuffer> frame = redact.frame(0);
    for (gsize line = 0; line < 32; line += 2) gst_buffer_memset(frame.get(), line * 96, 0, 96);
    frame = redact.pass(std::move(frame));
    const int expected = std::string(mode) == "fill" ? 255 : 50;
    for (const std::uint8_t byte : pixels_of(frame.get(), redact.info()))
      ASSERT_EQ(byte, expected) << mode;
    EXPECT_EQ(redact.statistic("whole"), 1U);
  }
}

TEST(RedactFailsClosed, AFrameWithoutAMaskAmongOthersIsCoveredWhole) {
  Redact redact;
  EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 1})), "..##");
  EXPECT_EQ(redact.shown_after(redact.frame(1)), "####");
  EXPECT_EQ(redact.shown_after(redact.frame(2, {0, 1})), "..##");
}

TEST(RedactFailsClosed, AMaskThatATransformDroppedIsMissed) {
  const Ptr<GstPlugin> plugin(
      gst_plugin_load_file(NACLIP_SYSTEM_PLUGINS "/libgstvideofilter.so", nullptr));
  ASSERT_NE(plugin, nullptr);
  const Harness flip(gst_harness_new_parse("videoflip video-direction=90r"));
  gst_harness_set_src_caps_str(flip.get(), caps_of("RGB", 2, 4).c_str());
  Redact redact;
  Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 4);
  attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {0}, {"background", "person"}).get(), 2,
         4);
  frame.reset(gst_harness_push_and_pull(flip.get(), frame.release()));
  ASSERT_NE(frame, nullptr);
  ASSERT_EQ(gst_buffer_get_naclip_segmentation_meta(frame.get()), nullptr);
  EXPECT_EQ(redact.shown_after(std::move(frame)), "####");
}

/// A frame of 8 x 8 pixels, a person in its right half by its mask, scaled to 4 x 8.
Ptr<GstBuffer> scaled(const char *pixel_aspect) {
  for (const char *name : {"/libgstvideoconvertscale.so", "/libgstvideoscale.so"}) {
    const std::string path = std::string(NACLIP_SYSTEM_PLUGINS) + name;
    if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) continue;
    const Ptr<GstPlugin> plugin(gst_plugin_load_file(path.c_str(), nullptr));
    EXPECT_NE(plugin, nullptr) << path;
  }
  const Harness scale(gst_harness_new_parse("videoscale add-borders=false"));
  const std::string caps = "video/x-raw,format=RGB,framerate=10/1,width=4,height=8";
  gst_harness_set_sink_caps_str(scale.get(),
                                (caps + ",pixel-aspect-ratio=" + pixel_aspect).c_str());
  gst_harness_set_src_caps_str(scale.get(), caps_of("RGB", 8, 8).c_str());
  Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, 8, 8);
  attach(frame.get(), make_segmentation<std::uint8_t>(2, 1, {0, 1}, {"background", "person"}).get(),
         8, 8);
  return Ptr<GstBuffer>(gst_harness_push_and_pull(scale.get(), frame.release()));
}

TEST(RedactFailsClosed, AFrameThatWasStretchedHasNoMask) {
  Redact redact("max-age=-1", "RGB", 4, 8);
  EXPECT_EQ(redact.shown_after(scaled("1/1")), "####");
}

TEST(RedactFailsClosed, AFrameOfOtherPixelsKeepsItsMaskWhateverItsAspectRatio) {
  Redact redact("max-age=-1", "RGB", 4, 8);
  EXPECT_EQ(redact.shown_after(scaled("2/1")), "..##");
}

TEST(RedactFailsClosed, AMaskOlderThanMaxAgeDoesNotCount) {
  Redact redact("max-age=250 hold=0");
  const auto frame_of_age = [&](GstClockTimeDiff age, GstClockTime pts = 10 * GST_SECOND) {
    Ptr<GstBuffer> frame = redact.frame(0);
    GST_BUFFER_PTS(frame.get()) = pts;
    const GstClockTime source = age < 0 && !GST_CLOCK_STIME_IS_VALID(age)
                                    ? GST_CLOCK_TIME_NONE
                                    : 10 * GST_SECOND - static_cast<GstClockTime>(age);
    attach(frame.get(),
           make_segmentation<std::uint8_t>(2, 1, {0, 1}, {"background", "person"}, source).get(), 4,
           2);
    return frame;
  };
  constexpr GstClockTimeDiff kMilliseconds = GST_MSECOND;
  EXPECT_EQ(redact.shown_after(frame_of_age(0)), "..##");
  EXPECT_EQ(redact.shown_after(frame_of_age(250 * kMilliseconds)), "..##");
  EXPECT_EQ(redact.shown_after(frame_of_age(250 * kMilliseconds + 1)), "####");
  EXPECT_EQ(redact.shown_after(frame_of_age(-1)), "####") << "of the future";
  EXPECT_EQ(redact.shown_after(frame_of_age(GST_CLOCK_STIME_NONE)), "####") << "of an unknown age";
  EXPECT_EQ(redact.shown_after(frame_of_age(0, GST_CLOCK_TIME_NONE)), "####") << "as is this";
  redact.set("max-age", "0");
  EXPECT_EQ(redact.shown_after(frame_of_age(0)), "..##");
  EXPECT_EQ(redact.shown_after(frame_of_age(1)), "####");
  redact.set("max-age", "-1");
  for (const GstClockTimeDiff age : {GstClockTimeDiff{-1}, GST_CLOCK_STIME_NONE, 9 * GST_SECOND})
    EXPECT_EQ(redact.shown_after(frame_of_age(age)), "..##");
  EXPECT_EQ(redact.shown_after(frame_of_age(0, GST_CLOCK_TIME_NONE)), "..##");
}

TEST(RedactFailsClosed, AVocabularyWithoutANamedClassCoversAllWhateverElseItHas) {
  for (const char *properties : {"classes=person", "classes=\"person, car\"", "classes=\"!person\"",
                                 "classes=\"*, !person\"", "classes=person invert=true",
                                 "classes=\"!person\" invert=true"}) {
    Redact redact(std::string(properties) + " hold=0");
    const Names with{"background", "person", "car"}, without{"background", "figure", "car"};
    EXPECT_NE(redact.shown_after(redact.frame(0, {0, 1, 2, 0}, with)), "####") << properties;
    EXPECT_EQ(redact.shown_after(redact.frame(1, {0, 1, 2, 0}, without)), "####") << properties;
    EXPECT_EQ(redact.shown_after(redact.frame(2, {0, 0, 0, 0}, without)), "####") << properties;
    EXPECT_NE(redact.shown_after(redact.frame(3, {0, 1, 2, 0}, with)), "####") << properties;
    EXPECT_EQ(redact.statistic("whole"), 2U);
    EXPECT_NE(warning_of(redact), "") << properties;
    EXPECT_EQ(warning_of(redact), "") << "once";
  }
}

TEST(RedactFailsClosed, WhatAMaskDoesNotTellOfIsCovered) {
  Redact redact("hold=0", "RGB", 8, 2);
  const auto over = [&](int x, int y, guint width, guint height) {
    Ptr<GstBuffer> frame = redact.frame(0);
    gst_buffer_add_naclip_segmentation_meta(
        frame.get(), make_segmentation<std::uint8_t>(1, 1, {0}, {"background"}, 0).get(), x, y,
        width, height);
    return redact.shown_after(std::move(frame));
  };
  EXPECT_EQ(over(0, 0, 8, 2), "........");
  EXPECT_EQ(over(2, 0, 3, 2), "##...###");
  EXPECT_EQ(over(-5, 0, 8, 2), "...#####");
  EXPECT_EQ(over(-5, -5, 80, 20), "........") << "cropped";
  EXPECT_EQ(over(0, 1, 8, 1), "########") << "the first row";
  EXPECT_EQ(over(20, 20, 8, 2), "########") << "beside the frame";
}

TEST(RedactFailsClosed, AnIdWithoutARegionIsCovered) {
  for (const char *properties : {"", "classes=person", "invert=true classes=background"}) {
    Redact redact(properties);
    EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 7, 0, 255})), ".#.#") << properties;
  }
}

TEST(RedactFailsClosed, AMaskWhoseMemoryEndsEarlyIsNoMaskAndWarnedOfOnce) {
  Redact redact;
  for (int number = 0; number < 2; ++number) {
    Ptr<GstBuffer> frame = redact.frame(number);
    const auto segmentation =
        make_segmentation(4, 4, std::vector<std::uint8_t>(16), {"background"}, 0);
    gst_buffer_set_size(gst_naclip_segmentation_get_mask(segmentation.get()), 9);
    attach(frame.get(), segmentation.get(), 4, 2);
    EXPECT_EQ(redact.shown_after(std::move(frame)), "####");
  }
  EXPECT_NE(warning_of(redact), "");
  EXPECT_EQ(warning_of(redact), "");
}

TEST(RedactFailsClosed, AnotherSegmentersMaskIsNoneWhereASourceIsNamed) {
  Redact redact("source=faces");
  EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 1})), "####");
  redact.set("source", "segmenter");
  EXPECT_EQ(redact.shown_after(redact.frame(1, {0, 1})), "..##");
}

TEST(RedactFailsClosed, FramesWithoutAMaskAreDroppedWhereAskedFor) {
  Redact redact("without-mask=drop");
  EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 1})), "..##");
  EXPECT_EQ(redact.push(redact.frame(1)), GST_FLOW_OK);
  EXPECT_EQ(redact.pull(), nullptr);
  const auto next = redact.pass(redact.frame(2, {0, 1}));
  EXPECT_EQ(redact.shown(next), "..##");
  EXPECT_TRUE(GST_BUFFER_IS_DISCONT(next.get()));
  EXPECT_FALSE(GST_BUFFER_IS_DISCONT(redact.pass(redact.frame(3, {0, 1})).get()));
}

TEST(RedactFailsClosed, FramesWithoutAMaskPassWhereAskedForButForWhatOthersCover) {
  Redact redact("without-mask=pass hold=200 lookahead=100");
  redact.push(redact.frame(0));
  EXPECT_EQ(redact.shown_after(redact.frame(1)), "....");
  EXPECT_EQ(redact.shown_after(redact.frame(2, {0, 0, 0, 1})), "...#") << "1, which 2 reaches";
  EXPECT_EQ(redact.shown_after(redact.frame(3)), "...#") << "2, by its own";
  EXPECT_EQ(redact.shown_after(redact.frame(4)), "...#") << "3 is held";
  EXPECT_EQ(redact.shown_after(redact.frame(5)), "...#");
  EXPECT_EQ(redact.shown_after(redact.frame(6)), "....");
}

TEST(RedactFailsClosed, FramesWithoutTimesCannotWait) {
  Redact redact("lookahead=100");
  Ptr<GstBuffer> frame = redact.frame(0, {0, 1});
  GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
  EXPECT_EQ(redact.push(std::move(frame)), GST_FLOW_ERROR);
  EXPECT_NE(redact.messages().next(GST_MESSAGE_ERROR), nullptr);
}

/// Behind naclipsegment on an engine that the tests control. It finds the vocabulary's last class
/// in bright pixels.
class RedactLive : public Live {
 protected:
  static constexpr const char *kFormat = "RGB";

  /// All of it bright.
  static Ptr<GstBuffer> bright(GstClockTime pts) {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, kLiveWidth, kLiveHeight, 0, 200);
    GST_BUFFER_PTS(frame.get()) = pts;
    return frame;
  }
  static bool all_white(const Ptr<GstBuffer> &frame, const Redact &redact) {
    if (frame == nullptr) return false;
    const Pixels pixels = pixels_of(frame.get(), redact.info());
    return std::all_of(pixels.begin(), pixels.end(), [](int byte) { return byte == 255; });
  }
  std::string caps() const { return caps_of(kFormat, kLiveWidth, kLiveHeight); }
};

TEST_F(RedactLive, TheFirstFramesOfAnAsynchronousStreamAreCovered) {
  control_->gate(true);
  LiveElement segment(line("mode=async"), true, caps());
  Redact redact("classes=dog", kFormat, kLiveWidth, kLiveHeight);
  for (GstClockTime pts = 0; pts < 30; ++pts)
    EXPECT_TRUE(all_white(redact.pass(segment.pass(bright(pts))), redact));
  EXPECT_EQ(redact.statistic("whole"), 30U);
  control_->gate(false);
  for (GstClockTime pts = 30; redact.statistic("by-mask") == 0 && !HasFailure(); ++pts) {
    EXPECT_TRUE(all_white(redact.pass(segment.pass(bright(pts))), redact));
    std::this_thread::yield();
  }
}

TEST_F(RedactLive, FramesThatCouldNotBeSegmentedAreCovered) {
  LiveElement segment(line("mode=sync on-error=passthrough"), true, caps());
  Redact redact("classes=cat", kFormat, kLiveWidth, kLiveHeight);
  EXPECT_FALSE(all_white(redact.pass(segment.pass(bright(0))), redact)) << "all of it is dog";
  control_->fail(true);
  EXPECT_TRUE(all_white(redact.pass(segment.pass(bright(1))), redact));
  control_->fail(false);
  EXPECT_FALSE(all_white(redact.pass(segment.pass(bright(2))), redact));
}

TEST_F(RedactLive, AClassThatTheNextVocabularyLacksIsCoveredFromItsFirstFrameOn) {
  LiveElement segment(line("mode=sync"), true, caps());
  Redact redact("classes=dog hold=0", kFormat, kLiveWidth, kLiveHeight);
  EXPECT_TRUE(all_white(redact.pass(segment.pass(bright(0))), redact));
  g_object_set(segment.get(), "vocabulary", "cat; wolf", nullptr);
  for (GstClockTime pts = 1; redact.statistic("whole") < 5 && !HasFailure(); ++pts) {
    EXPECT_TRUE(all_white(redact.pass(segment.pass(bright(pts))), redact)) << pts;
    std::this_thread::yield();
  }
  EXPECT_NE(warning_of(redact), "");
}

}  // namespace
}  // namespace naclip::testing
