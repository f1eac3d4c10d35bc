// GstNaclipSegmentation and its meta, alone and through the elements that GStreamer brings.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "frames.h"

namespace naclip::testing {
namespace {

using Ids = std::vector<std::uint8_t>;

Ptr<GstNaclipSegmentation> two_by_two() {
  return make_segmentation<std::uint8_t>(2, 2, {0, 1, 1, 2}, {"background", "person", "car"});
}

/// Expects exactly the critical warning of a failed check.
class ExpectedCritical {
 public:
  explicit ExpectedCritical(const char *pattern) {
    g_test_expect_message("naclip", G_LOG_LEVEL_CRITICAL, pattern);
  }
  ~ExpectedCritical() { g_test_assert_expected_messages(); }
};

TEST(Segmentation, TellsWhatItWasMadeOf) {
  const auto segmentation = two_by_two();
  EXPECT_EQ(gst_naclip_segmentation_get_width(segmentation.get()), 2U);
  EXPECT_EQ(gst_naclip_segmentation_get_height(segmentation.get()), 2U);
  EXPECT_EQ(gst_naclip_segmentation_get_format(segmentation.get()), GST_VIDEO_FORMAT_GRAY8);
  EXPECT_EQ(gst_naclip_segmentation_get_n_regions(segmentation.get()), 3U);
  EXPECT_STREQ(gst_naclip_segmentation_get_source(segmentation.get()), "segmenter");
  EXPECT_EQ(gst_naclip_segmentation_get_source_pts(segmentation.get()), 4 * GST_SECOND);
  const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation.get(), 2);
  ASSERT_NE(region, nullptr);
  EXPECT_STREQ(region->label, "car");
  EXPECT_EQ(region->colour, 0x0200ffU);
  EXPECT_DOUBLE_EQ(region->share, 0.25);
  EXPECT_DOUBLE_EQ(region->confidence, 0.5);
}

TEST(Segmentation, ACopyOfARegionOutlivesIt) {
  auto segmentation = two_by_two();
  GstNaclipRegion *copy =
      gst_naclip_region_copy(gst_naclip_segmentation_get_region(segmentation.get(), 2));
  segmentation.reset();
  EXPECT_STREQ(copy->label, "car");
  EXPECT_EQ(copy->colour, 0x0200ffU);
  EXPECT_DOUBLE_EQ(copy->share, 0.25);
  EXPECT_DOUBLE_EQ(copy->confidence, 0.5);
  gst_naclip_region_free(copy);
}

TEST(Segmentation, HasAnEmptySourceWhereNobodyNamedIt) {
  const auto segmentation =
      make_segmentation<std::uint8_t>(1, 1, {0}, {"background"}, GST_CLOCK_TIME_NONE, nullptr);
  EXPECT_STREQ(gst_naclip_segmentation_get_source(segmentation.get()), "");
}

TEST(Segmentation, HasNoRegionForAValueOutOfRange) {
  EXPECT_EQ(gst_naclip_segmentation_get_region(two_by_two().get(), 3), nullptr);
}

TEST(Segmentation, FindsARegionByItsLabelAndSaysMinusOneForAnother) {
  const auto segmentation = two_by_two();
  EXPECT_EQ(gst_naclip_segmentation_find_region(segmentation.get(), "background"), 0);
  EXPECT_EQ(gst_naclip_segmentation_find_region(segmentation.get(), "car"), 2);
  EXPECT_EQ(gst_naclip_segmentation_find_region(segmentation.get(), "Car"), -1);
}

TEST(Segmentation, OwnsItsLabels) {
  std::string label = "a label too long for any small string buffer";
  const auto mask = make_mask<std::uint8_t>(1, 1, {0});
  const GstNaclipRegion region{label.c_str(), 0, 0, 0};
  const Ptr<GstNaclipSegmentation> segmentation(
      gst_naclip_segmentation_new(mask.get(), &region, 1, nullptr, GST_CLOCK_TIME_NONE));
  label.assign(label.size(), 'x');
  EXPECT_STREQ(gst_naclip_segmentation_get_region(segmentation.get(), 0)->label,
               "a label too long for any small string buffer");
}

TEST(Segmentation, HoldsOneReferenceToItsMaskAndGivesItUp) {
  const auto mask = make_mask<std::uint8_t>(1, 1, {0});
  const GstNaclipRegion region{"background", 0, 0, 0};
  Ptr<GstNaclipSegmentation> segmentation(
      gst_naclip_segmentation_new(mask.get(), &region, 1, nullptr, GST_CLOCK_TIME_NONE));
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 2);
  Ptr<GstNaclipSegmentation> other = ref(segmentation.get());
  segmentation.reset();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 2);
  other.reset();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 1);
}

TEST(Segmentation, MarksItsMask) {
  const auto mask = make_mask<std::uint8_t>(1, 1, {0});
  EXPECT_FALSE(gst_buffer_is_naclip_mask(mask.get()));
  const GstNaclipRegion region{"background", 0, 0, 0};
  const Ptr<GstNaclipSegmentation> segmentation(
      gst_naclip_segmentation_new(mask.get(), &region, 1, nullptr, GST_CLOCK_TIME_NONE));
  EXPECT_TRUE(gst_buffer_is_naclip_mask(mask.get()));
}

void expect_refused(GstBuffer *mask) {
  const ExpectedCritical critical("*is_dense_mask*");
  const GstNaclipRegion region{"background", 0, 0, 0};
  EXPECT_EQ(gst_naclip_segmentation_new(mask, &region, 1, nullptr, GST_CLOCK_TIME_NONE), nullptr);
}

TEST(Segmentation, RefusesAMaskWithoutVideoMeta) {
  const Ptr<GstBuffer> mask(gst_buffer_new_allocate(nullptr, 4, nullptr));
  expect_refused(mask.get());
}

TEST(Segmentation, RefusesAMaskWithPaddedRows) {
  expect_refused(make_mask<std::uint8_t>(3, 2, Ids(6), 1).get());
}

TEST(Segmentation, RefusesAMaskOfAnotherFormat) {
  expect_refused(make_frame(GST_VIDEO_FORMAT_RGB, 4, 4, 4).get());
}

TEST(Segmentation, RefusesAMaskThatIsShorterThanItsMetaSays) {
  const auto mask = make_mask<std::uint8_t>(4, 4, Ids(16));
  gst_buffer_set_size(mask.get(), 15);
  expect_refused(mask.get());
}

TEST(SegmentationMeta, GivesTheAgeOfTheMask) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  const auto segmentation = two_by_two();
  const auto *meta =
      gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 0, 0, 4, 4);
  EXPECT_EQ(gst_naclip_segmentation_meta_get_age(meta, frame.get()), GST_SECOND);
  GST_BUFFER_PTS(frame.get()) = 4 * GST_SECOND;
  EXPECT_EQ(gst_naclip_segmentation_meta_get_age(meta, frame.get()), 0U);
  GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
  EXPECT_EQ(gst_naclip_segmentation_meta_get_age(meta, frame.get()), GST_CLOCK_TIME_NONE);
}

TEST(SegmentationMeta, HasNoAgeThatCannotBe) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  const auto segmentation = two_by_two();
  const auto *meta =
      gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 0, 0, 4, 4);
  const auto age_at = [&](GstClockTime pts) {
    GST_BUFFER_PTS(frame.get()) = pts;
    return gst_naclip_segmentation_meta_get_age(meta, frame.get());
  };
  constexpr GstClockTime kHour = 3600 * GST_SECOND, kSource = 4 * GST_SECOND;
  EXPECT_EQ(age_at(kSource + 1000 * kHour), GST_CLOCK_TIME_NONE) << "x264enc";
  EXPECT_EQ(age_at(kSource + kHour + 1), GST_CLOCK_TIME_NONE);
  EXPECT_EQ(age_at(kSource + kHour), kHour);
  EXPECT_EQ(age_at(kSource - 1), GST_CLOCK_TIME_NONE);
}

TEST(SegmentationMeta, AllOfAFrameAreGivenTheLatestFirst) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 1, 1);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(frame.get()), nullptr);
  EXPECT_EQ(gst_buffer_get_nth_naclip_segmentation_meta(frame.get(), 0), nullptr);
  std::vector<GstNaclipSegmentationMeta *> attached;
  for (const char *source : {"people", "cars", "people"}) {
    const auto segmentation =
        make_segmentation<std::uint8_t>(1, 1, {0}, {"background"}, GST_CLOCK_TIME_NONE, source);
    attached.push_back(
        gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 0, 0, 1, 1));
  }
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(frame.get()), attached[2]);
  for (guint n = 0; n < 3; ++n)
    EXPECT_EQ(gst_buffer_get_nth_naclip_segmentation_meta(frame.get(), n), attached[2 - n]) << n;
  EXPECT_EQ(gst_buffer_get_nth_naclip_segmentation_meta(frame.get(), 3), nullptr);
  EXPECT_EQ(gst_buffer_find_naclip_segmentation_meta(frame.get(), "people"), attached[2]);
  EXPECT_EQ(gst_buffer_find_naclip_segmentation_meta(frame.get(), "cars"), attached[1]);
  EXPECT_EQ(gst_buffer_find_naclip_segmentation_meta(frame.get(), "dogs"), nullptr);
}

TEST(SegmentationMeta, ACopyByItsBoxedTypeOutlivesTheFrame) {
  auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  auto segmentation = two_by_two();
  const auto *meta =
      gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 1, 2, 3, 4);
  auto *copy = static_cast<GstNaclipSegmentationMeta *>(
      g_boxed_copy(GST_TYPE_NACLIP_SEGMENTATION_META, meta));
  segmentation.reset();
  frame.reset();
  EXPECT_EQ(copy->x, 1);
  EXPECT_EQ(copy->height, 4U);
  EXPECT_EQ(gst_naclip_segmentation_get_n_regions(copy->segmentation), 3U);
  g_boxed_free(GST_TYPE_NACLIP_SEGMENTATION_META, copy);
}

TEST(SegmentationMeta, HasNoAgeWhereTheSourceHadNoTime) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 1, 1);
  const auto segmentation =
      make_segmentation<std::uint8_t>(1, 1, {0}, {"background"}, GST_CLOCK_TIME_NONE);
  const auto *meta =
      gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 0, 0, 1, 1);
  EXPECT_EQ(gst_naclip_segmentation_meta_get_age(meta, frame.get()), GST_CLOCK_TIME_NONE);
}

TEST(SegmentationMeta, IsCopiedWithTheFrameAndSharesTheSegmentation) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  const auto segmentation = two_by_two();
  gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 1, 2, 3, 4);
  const Ptr<GstBuffer> copy(gst_buffer_copy(frame.get()));
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(copy.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(gst_naclip_segmentation_meta_get_segmentation(meta), segmentation.get());
  EXPECT_EQ(meta->x, 1);
  EXPECT_EQ(meta->y, 2);
  EXPECT_EQ(meta->width, 3U);
  EXPECT_EQ(meta->height, 4U);
}

TEST(SegmentationMeta, IsNotCopiedWithARegionOfTheBytes) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  const auto segmentation = two_by_two();
  attach(frame.get(), segmentation.get(), 4, 4);
  const Ptr<GstBuffer> part(gst_buffer_copy_region(frame.get(), GST_BUFFER_COPY_ALL, 0, 8));
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(part.get()), nullptr);
}

TEST(SegmentationMeta, GivesUpItsSegmentationWithTheFrame) {
  auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 4, 4);
  auto segmentation = two_by_two();
  const Ptr<GstBuffer> mask = ref(gst_naclip_segmentation_get_mask(segmentation.get()));
  attach(frame.get(), segmentation.get(), 4, 4);
  segmentation.reset();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 2);
  frame.reset();
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask.get()), 1);
}

/// What is left of the meta after `transform`, with the rectangle (4, 2) 8 x 6.
Ptr<GstBuffer> transformed(GQuark type, gpointer data) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 16, 12);
  const auto segmentation = two_by_two();
  auto *meta = gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 4, 2, 8, 6);
  Ptr<GstBuffer> out(gst_buffer_new());
  meta->meta.info->transform_func(out.get(), &meta->meta, frame.get(), type, data);
  return out;
}

TEST(SegmentationMeta, IsDroppedByATransformThatItDoesNotKnow) {
  int data = 0;
  const auto out = transformed(g_quark_from_static_string("gst-video-unheard-of"), &data);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(out.get()), nullptr);
}

TEST(SegmentationMeta, RectangleIsRescaledByItsEdges) {
  GstVideoInfo in = info_of(GST_VIDEO_FORMAT_GRAY8, 16, 12);
  GstVideoInfo to = info_of(GST_VIDEO_FORMAT_GRAY8, 40, 30);
  GstVideoMetaTransform data{&in, &to};
  const auto out = transformed(gst_video_meta_transform_scale_get_quark(), &data);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(out.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->x, 10);
  EXPECT_EQ(meta->y, 5);
  EXPECT_EQ(meta->width, 20U);
  EXPECT_EQ(meta->height, 15U);
}

TEST(SegmentationMeta, IsDroppedByAScalingThatMayAddBorders) {
  GstVideoInfo in = info_of(GST_VIDEO_FORMAT_GRAY8, 16, 12);
  GstVideoInfo to = info_of(GST_VIDEO_FORMAT_GRAY8, 40, 20);
  GstVideoMetaTransform data{&in, &to};
  const auto out = transformed(gst_video_meta_transform_scale_get_quark(), &data);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(out.get()), nullptr);
}

#if GST_CHECK_VERSION(1, 28, 0)
TEST(SegmentationMeta, FollowsACropBeyondTheFramesEdge) {
  GstVideoInfo in = info_of(GST_VIDEO_FORMAT_GRAY8, 16, 12);
  GstVideoInfo to = info_of(GST_VIDEO_FORMAT_GRAY8, 10, 9);
  const GstVideoRectangle from{6, 3, 10, 9}, onto{0, 0, 10, 9};
  GstVideoMetaTransformMatrix data;
  gst_video_meta_transform_matrix_init(&data, &in, &from, &to, &onto);
  const auto out = transformed(gst_video_meta_transform_matrix_get_quark(), &data);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(out.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->x, -2);
  EXPECT_EQ(meta->y, -1);
  EXPECT_EQ(meta->width, 8U);
  EXPECT_EQ(meta->height, 6U);
}

TEST(SegmentationMeta, IsDroppedByAMirroring) {
  GstVideoInfo in = info_of(GST_VIDEO_FORMAT_GRAY8, 16, 12);
  const GstVideoRectangle whole{0, 0, 16, 12};
  GstVideoMetaTransformMatrix data;
  gst_video_meta_transform_matrix_init(&data, &in, &whole, &in, &whole);
  data.matrix[0][0] = -1;
  data.matrix[0][2] = 16;
  const auto out = transformed(gst_video_meta_transform_matrix_get_quark(), &data);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(out.get()), nullptr);
}
#endif

/// One element of GStreamer's own, from one plugin file of several that may hold it.
class ThroughElement : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const char *plugin : {"coreelements", "videoconvertscale", "videoconvert", "videoscale",
                               "videofilter", "videocrop", "videorate"}) {
      const std::string path = std::string(NACLIP_SYSTEM_PLUGINS "/libgst") + plugin + ".so";
      // GStreamer 1.22 joined videoconvert and videoscale into one plugin.
      if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) continue;
      const Ptr<GstPlugin> loaded(gst_plugin_load_file(path.c_str(), nullptr));
      ASSERT_NE(loaded, nullptr) << path;
    }
  }

  /// Pushes one 64 x 48 RGB frame with a mask over all of it through `launch`.
  Ptr<GstBuffer> pass(const char *launch, const std::string &out_caps) {
    const Harness harness(gst_harness_new_parse(launch));
    gst_harness_set_sink_caps_str(harness.get(), out_caps.c_str());
    gst_harness_set_src_caps_str(harness.get(), caps_of("RGB", 64, 48).c_str());
    auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 64, 48);
    attach(frame.get(), segmentation_.get(), 64, 48);
    EXPECT_EQ(gst_harness_push(harness.get(), frame.release()), GST_FLOW_OK);
    // What holds frames back lets them go.
    gst_harness_push_event(harness.get(), gst_event_new_eos());
    return Ptr<GstBuffer>(gst_harness_pull(harness.get()));
  }

  void expect_mask(GstBuffer *frame, int width, int height) {
    ASSERT_NE(frame, nullptr);
    const auto *meta = gst_buffer_get_naclip_segmentation_meta(frame);
    ASSERT_NE(meta, nullptr);
    EXPECT_EQ(meta->segmentation, segmentation_.get());
    EXPECT_EQ(meta->x, 0);
    EXPECT_EQ(meta->y, 0);
    EXPECT_EQ(meta->width, static_cast<guint>(width));
    EXPECT_EQ(meta->height, static_cast<guint>(height));
    EXPECT_EQ(gst_naclip_segmentation_meta_get_age(meta, frame), GST_SECOND);
  }

  Ptr<GstNaclipSegmentation> segmentation_ = two_by_two();
};

TEST_F(ThroughElement, QueueKeepsTheMask) {
  expect_mask(pass("queue", caps_of("RGB", 64, 48)).get(), 64, 48);
}

TEST_F(ThroughElement, TeeKeepsTheMask) {
  expect_mask(pass("tee ! queue", caps_of("RGB", 64, 48)).get(), 64, 48);
}

TEST_F(ThroughElement, VideoconvertKeepsTheMask) {
  expect_mask(pass("videoconvert", caps_of("I420", 64, 48)).get(), 64, 48);
}

TEST_F(ThroughElement, VideobalanceKeepsTheMask) {
  expect_mask(pass("videobalance saturation=0", caps_of("RGB", 64, 48)).get(), 64, 48);
}

TEST_F(ThroughElement, VideorateKeepsTheMask) {
  expect_mask(pass("videorate skip-to-first=true", caps_of("RGB", 64, 48)).get(), 64, 48);
}

TEST_F(ThroughElement, VideoscaleRescalesTheRectangle) {
  expect_mask(pass("videoscale", caps_of("RGB", 96, 72)).get(), 96, 72);
}

TEST_F(ThroughElement, VideoscaleKeepsTheMaskWhereItKeepsTheAspectByThePixels) {
  expect_mask(
      pass("videoscale",
           "video/x-raw,format=RGB,width=96,height=48,framerate=10/1,pixel-aspect-ratio=2/3")
          .get(),
      96, 48);
}

/// Crops and mirrorings must not leave a rectangle that is not true.
void expect_true_or_dropped(GstBuffer *frame, GstVideoRectangle truth) {
  ASSERT_NE(frame, nullptr);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(frame);
  if (meta == nullptr) return;
  EXPECT_EQ(meta->x, truth.x);
  EXPECT_EQ(meta->y, truth.y);
  EXPECT_EQ(meta->width, static_cast<guint>(truth.w));
  EXPECT_EQ(meta->height, static_cast<guint>(truth.h));
}

TEST_F(ThroughElement, VideoscaleWithBordersLeavesNoWrongRectangle) {
  const auto out = pass("videoscale add-borders=true", caps_of("RGB", 128, 48));
  expect_true_or_dropped(out.get(), {32, 0, 64, 48});
}

TEST_F(ThroughElement, VideocropLeavesNoWrongRectangle) {
  const auto out = pass("videocrop left=16 top=8", caps_of("RGB", 48, 40));
  expect_true_or_dropped(out.get(), {-16, -8, 64, 48});
}

TEST_F(ThroughElement, VideoflipDropsTheMask) {
  const auto out = pass("videoflip video-direction=horiz", caps_of("RGB", 64, 48));
  ASSERT_NE(out, nullptr);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(out.get()), nullptr);
}

}  // namespace
}  // namespace naclip::testing
