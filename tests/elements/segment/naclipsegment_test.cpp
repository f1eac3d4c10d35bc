// What naclipsegment does to a stream.
#include <thread>

#include "tests/elements/segment_harness.h"

namespace naclip::testing {
namespace {

using Labels = std::vector<std::string>;

TEST_F(Segment, MaskFollowsTheContract) {
  start(segment_line("vocabulary=\"cat #102030; background: sky, wall; dog\""),
        caps_of("RGB", 64, 48));
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 64, 48);
  const auto out = pass(std::move(frame));
  GstNaclipSegmentation *segmentation = segmentation_of(out);
  EXPECT_EQ(labels_of(segmentation), (Labels{"background", "cat", "dog"}));
  EXPECT_EQ(gst_naclip_segmentation_get_region(segmentation, 1)->colour, 0x102030U);
  EXPECT_EQ(gst_naclip_segmentation_get_format(segmentation), GST_VIDEO_FORMAT_GRAY8);
  GstVideoMeta *video = gst_buffer_get_video_meta(gst_naclip_segmentation_get_mask(segmentation));
  ASSERT_NE(video, nullptr);
  EXPECT_EQ(video->stride[0], static_cast<gint>(video->width));
  EXPECT_EQ(video->width, 128U);  // 64 x 48, short side 96
  EXPECT_EQ(video->height, 96U);
  EXPECT_EQ(gst_naclip_segmentation_get_source_pts(segmentation), 5 * GST_SECOND);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(out.get());
  EXPECT_EQ(meta->width, 64U);
  EXPECT_EQ(meta->height, 48U);
  std::vector<double> share(3);
  const auto bytes = mask_bytes(segmentation);
  for (const std::uint8_t id : bytes) {
    ASSERT_LT(id, 3);
    share[id] += 1.0 / static_cast<double>(bytes.size());
  }
  for (guint id = 0; id < 3; ++id)
    EXPECT_NEAR(gst_naclip_segmentation_get_region(segmentation, id)->share, share[id], 1e-9);
}

TEST_F(Segment, TheNetworkSeesSquarePixelsAndTheMaskCoversTheFrame) {
  start(segment_line("vocabulary=\"cat; dog\""),
        "video/x-raw,format=RGB,width=32,height=48,framerate=10/1,pixel-aspect-ratio=2/1");
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 48));
  const GstNaclipSegmentation *segmentation = segmentation_of(out);
  ASSERT_NE(segmentation, nullptr);
  EXPECT_EQ(gst_naclip_segmentation_get_width(segmentation), 128U) << "displayed as 64 x 48";
  EXPECT_EQ(gst_naclip_segmentation_get_height(segmentation), 96U);
  const auto *meta = gst_buffer_get_naclip_segmentation_meta(out.get());
  EXPECT_EQ(meta->width, 32U);
  EXPECT_EQ(meta->height, 48U);
}

TEST_F(Segment, AnAbsurdShapeOfPixelsIsBounded) {
  start(segment_line("vocabulary=\"cat; dog\""),
        "video/x-raw,format=RGB,width=32,height=48,framerate=10/1,pixel-aspect-ratio=1/1000");
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 48));
  const GstNaclipSegmentation *segmentation = segmentation_of(out);
  ASSERT_NE(segmentation, nullptr);
  EXPECT_EQ(gst_naclip_segmentation_get_height(segmentation), 2048U);
}

TEST_F(Segment, TellsWhichElementMadeAMask) {
  start(segment_line("name=people vocabulary=\"cat; dog\""), caps_of("RGB", 64, 48));
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 64, 48));
  EXPECT_STREQ(gst_naclip_segmentation_get_source(segmentation_of(out)), "people");
}

TEST_F(Segment, PixelsOfTheFramePassUnchanged) {
  for (const PixelLayout &layout : kPixelLayouts) {
    const GstVideoFormat format = gst_video_format_from_string(layout.name);
    start(segment_line("vocabulary=\"cat; dog\""),
          caps_of(gst_video_format_to_string(format), 33, 17));
    auto frame = make_frame(format, 33, 17, 0, 77);
    const gsize size = gst_buffer_get_size(frame.get());
    const auto out = pass(std::move(frame));
    ASSERT_NE(segmentation_of(out), nullptr);
    ASSERT_EQ(gst_buffer_get_size(out.get()), size);
    const std::vector<std::uint8_t> expected(size, 77);
    EXPECT_EQ(gst_buffer_memcmp(out.get(), 0, expected.data(), size), 0);
  }
}

TEST_F(Segment, PaddedRowsGiveTheSameMask) {
  std::vector<std::vector<std::uint8_t>> masks;
  for (const int padding : {0, 24}) {
    start(segment_line("vocabulary=\"cat; dog; sky\""), caps_of("RGB", 50, 40));
    auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 50, 40, padding);
    const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_RGB, 50, 40);
    {
      const MappedFrame mapped(frame.get(), info, GST_MAP_WRITE);
      for (int y = 0; y < 40; ++y)
        for (int x = 0; x < 150; ++x)
          mapped.plane(0)[y * mapped.stride(0) + x] = static_cast<std::uint8_t>(x * y);
    }
    const auto out = pass(std::move(frame));
    masks.push_back(mask_bytes(segmentation_of(out)));
  }
  EXPECT_EQ(masks[0], masks[1]);
}

class SegmentSizes : public Segment, public ::testing::WithParamInterface<std::pair<int, int>> {};

TEST_P(SegmentSizes, FramesOfAnySizeGetAMask) {
  const auto [width, height] = GetParam();
  for (const char *format : {"I420", "RGB"}) {
    start(segment_line("mask-size=frame vocabulary=\"cat; dog\""), caps_of(format, width, height));
    const auto out = pass(make_frame(gst_video_format_from_string(format), width, height));
    ASSERT_NE(segmentation_of(out), nullptr);
    EXPECT_EQ(gst_naclip_segmentation_get_width(segmentation_of(out)), static_cast<guint>(width));
    EXPECT_EQ(gst_naclip_segmentation_get_height(segmentation_of(out)), static_cast<guint>(height));
  }
}
INSTANTIATE_TEST_SUITE_P(OddAndLarge, SegmentSizes,
                         ::testing::Values(std::pair{1, 1}, std::pair{2, 2}, std::pair{17, 33},
                                           std::pair{4096, 2160}));

class SegmentClasses : public Segment, public ::testing::WithParamInterface<int> {};

TEST_P(SegmentClasses, VocabulariesOfAnySizeFitTheMask) {
  std::string vocabulary;
  for (int i = 1; i <= GetParam(); ++i) vocabulary += "thing " + std::to_string(i) + ";";
  start(segment_line("prompts=none refine-steps=0 vocabulary=\"" + vocabulary + "\""),
        caps_of("RGB", 32, 32));
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32));
  GstNaclipSegmentation *segmentation = segmentation_of(out);
  ASSERT_NE(segmentation, nullptr);
  EXPECT_EQ(gst_naclip_segmentation_get_n_regions(segmentation),
            static_cast<guint>(GetParam() + 1));
  EXPECT_EQ(gst_naclip_segmentation_get_format(segmentation),
            GetParam() > 255 ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY8);
}
INSTANTIATE_TEST_SUITE_P(Classes, SegmentClasses, ::testing::Values(1, 255, 256, 1000));

TEST_F(Segment, FramesBetweenCarryTheLastMaskMarkedByItsAge) {
  start(segment_line("interval=3 vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  std::vector<GstClockTime> sources;
  for (int i = 0; i < 7; ++i) {
    auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 32, 32);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(i) * GST_SECOND;
    const auto out = pass(std::move(frame));
    sources.push_back(gst_naclip_segmentation_get_source_pts(segmentation_of(out)) / GST_SECOND);
    EXPECT_EQ(gst_naclip_segmentation_meta_get_age(
                  gst_buffer_get_naclip_segmentation_meta(out.get()), out.get()),
              static_cast<GstClockTimeDiff>((i % 3) * GST_SECOND));
  }
  EXPECT_EQ(sources, (std::vector<GstClockTime>{0, 0, 0, 3, 3, 3, 6}));
  EXPECT_EQ(statistic("frames"), 7U);
  EXPECT_EQ(statistic("inferred"), 3U);
  EXPECT_EQ(statistic("skipped"), 4U);
  EXPECT_GT(statistic("latency-mean"), 0U);
}

TEST_F(Segment, FramesWithoutPtsGetAMask) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 32, 32);
  GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
  const auto out = pass(std::move(frame));
  EXPECT_FALSE(
      GST_CLOCK_TIME_IS_VALID(gst_naclip_segmentation_get_source_pts(segmentation_of(out))));
}

TEST_F(Segment, CapsMayChangeMidStream) {
  start(segment_line("interval=100 vocabulary=\"cat; dog\""), caps_of("RGB", 64, 32));
  EXPECT_EQ(gst_naclip_segmentation_get_width(
                segmentation_of(pass(make_frame(GST_VIDEO_FORMAT_RGB, 64, 32)))),
            192U);
  gst_harness_set_src_caps_str(harness_.get(), caps_of("I420", 33, 65).c_str());
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_I420, 33, 65));
  EXPECT_EQ(gst_naclip_segmentation_get_width(segmentation_of(out)), 96U);
  EXPECT_EQ(gst_naclip_segmentation_get_height(segmentation_of(out)), 189U);
  EXPECT_EQ(gst_buffer_get_naclip_segmentation_meta(out.get())->width, 33U);
}

TEST_F(Segment, EosBeforeTheFirstFramePasses) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  EXPECT_TRUE(gst_harness_push_event(harness_.get(), gst_event_new_eos()));
  bool eos = false;
  while (const Ptr<GstEvent> event{gst_harness_try_pull_event(harness_.get())})
    eos = eos || GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS;
  EXPECT_TRUE(eos);
  EXPECT_EQ(messages_->next(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(Segment, FlushInMidInferenceNeitherHangsNorLeavesAnOldMask) {
  start(segment_line("interval=100 vocabulary=\"cat; dog\" input-size=448 refine-steps=30"),
        caps_of("RGB", 320, 240));
  std::thread pusher([&] {
    gst_harness_push(harness_.get(), make_frame(GST_VIDEO_FORMAT_RGB, 320, 240).release());
  });
  gst_harness_push_event(harness_.get(), gst_event_new_flush_start());
  pusher.join();
  gst_harness_push_event(harness_.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness_.get(), gst_event_new_segment(&segment));
  auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 320, 240);
  GST_BUFFER_PTS(frame.get()) = 9 * GST_SECOND;
  ASSERT_EQ(gst_harness_push(harness_.get(), frame.release()), GST_FLOW_OK);
  Ptr<GstBuffer> out;
  while (gst_harness_buffers_in_queue(harness_.get()) > 0)
    out.reset(gst_harness_pull(harness_.get()));
  EXPECT_EQ(gst_naclip_segmentation_get_source_pts(segmentation_of(out)), 9 * GST_SECOND);
}

TEST_F(Segment, VocabularyChangesBetweenFramesWhole) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  Labels labels = labels_of(segmentation_of(pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32))));
  EXPECT_EQ(labels, (Labels{"background", "cat", "dog"}));
  GstClockTime pts = 100 * GST_SECOND;
  for (const char *label : {"horse", "cow", "sheep"}) {
    g_object_set(element_.get(), "vocabulary", label, nullptr);
    // Encoded beside the stream: frames pass under the old one until it is there, then all are
    // under the new one.
    const Labels before = labels, after{"background", label};
    while (labels != after) {
      ASSERT_EQ(labels, before);
      auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 32, 32);
      GST_BUFFER_PTS(frame.get()) = ++pts;
      labels = labels_of(segmentation_of(pass(std::move(frame))));
    }
    const auto message = messages_->next(GST_MESSAGE_ELEMENT);
    ASSERT_NE(message, nullptr);
    const GstStructure *structure = gst_message_get_structure(message.get());
    EXPECT_TRUE(gst_structure_has_name(structure, "naclip-vocabulary"));
    guint64 told = 0;
    EXPECT_TRUE(gst_structure_get_uint64(structure, "pts", &told));
    EXPECT_EQ(told, pts);
    const GValue *words = gst_structure_get_value(structure, "labels");
    ASSERT_EQ(gst_value_list_get_size(words), 2U);
    EXPECT_STREQ(g_value_get_string(gst_value_list_get_value(words, 1)), label);
  }
}

TEST_F(Segment, BadVocabularyWhilePlayingWarnsAndTheOldOneStays) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32));
  for (const char *bad : {"", ";;;", "cat; cat", "\xff\xfe"}) {
    g_object_set(element_.get(), "vocabulary", bad, nullptr);
    const auto warning = messages_->next(GST_MESSAGE_WARNING);
    ASSERT_NE(warning, nullptr) << bad;
    EXPECT_TRUE(g_error_matches(error_of(warning.get()).get(), GST_LIBRARY_ERROR,
                                GST_LIBRARY_ERROR_SETTINGS));
    EXPECT_EQ(labels_of(segmentation_of(pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32)))),
              (Labels{"background", "cat", "dog"}));
  }
  EXPECT_EQ(messages_->next(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(Segment, BadDilationsWhilePlayingWarnAndTheOldOnesStay) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  g_object_set(element_.get(), "refine-dilations", "8,x", nullptr);
  EXPECT_NE(messages_->next(GST_MESSAGE_WARNING), nullptr);
  g_autofree gchar *value = nullptr;
  g_object_get(element_.get(), "refine-dilations", &value, nullptr);
  EXPECT_STREQ(value, "8,16");
  EXPECT_NE(segmentation_of(pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32))), nullptr);
}

TEST_F(Segment, ThresholdOfOneLeavesNothing) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  g_object_set(element_.get(), "threshold", 1.0, nullptr);
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32));
  EXPECT_DOUBLE_EQ(gst_naclip_segmentation_get_region(segmentation_of(out), 0)->share, 1.0);
}

TEST_F(Segment, PostsAMessageForEachInferredFrame) {
  start(segment_line("post-messages=true interval=2 vocabulary=\"cat; dog\""),
        caps_of("RGB", 32, 32));
  for (int i = 0; i < 4; ++i) pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32));
  for (int i = 0; i < 2; ++i) {
    const auto message = messages_->next(GST_MESSAGE_ELEMENT);
    ASSERT_NE(message, nullptr);
    const GstStructure *structure = gst_message_get_structure(message.get());
    EXPECT_TRUE(gst_structure_has_name(structure, "naclip-segmentation"));
    EXPECT_EQ(gst_value_list_get_size(gst_structure_get_value(structure, "regions")), 3U);
  }
  EXPECT_EQ(messages_->next(GST_MESSAGE_ELEMENT), nullptr);
}

TEST_F(Segment, TwoElementsOfDifferentVocabulariesBothTellTheirs) {
  start(segment_line("vocabulary=\"cat; dog\"") + " ! " +
            segment_line("vocabulary=\"sky; sea; sand\""),
        caps_of("RGB", 32, 32));
  const auto out = pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32));
  std::vector<Labels> found;
  gpointer state = nullptr;
  while (GstMeta *meta = gst_buffer_iterate_meta_filtered(out.get(), &state,
                                                          GST_NACLIP_SEGMENTATION_META_API_TYPE))
    found.push_back(labels_of(reinterpret_cast<GstNaclipSegmentationMeta *>(meta)->segmentation));
  EXPECT_EQ(found, (std::vector<Labels>{{"background", "cat", "dog"},
                                        {"background", "sky", "sea", "sand"}}));
}

TEST_F(Segment, FiftyCyclesOfStatesWork) {
  const Ptr<GstElement> pipeline(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch(segment_line("vocabulary=\"cat; dog\"").c_str(), nullptr))));
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS)
        << i;
    ASSERT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS) << i;
  }
}

TEST_F(Segment, WorksAgainAfterNull) {
  start(segment_line("vocabulary=\"cat; dog\""), caps_of("RGB", 32, 32));
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(segmentation_of(pass(make_frame(GST_VIDEO_FORMAT_RGB, 32, 32))), nullptr);
    gst_element_set_state(element_.get(), GST_STATE_NULL);
    gst_harness_play(harness_.get());
    gst_element_set_state(element_.get(), GST_STATE_PLAYING);
    gst_harness_set_src_caps_str(harness_.get(), caps_of("RGB", 32, 32).c_str());
  }
}

}  // namespace
}  // namespace naclip::testing
