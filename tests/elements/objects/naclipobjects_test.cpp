// naclipobjects in a harness: what it attaches to frames, and what it leaves alone.
#include "elements/objects/naclipobjects.h"

#include <gtest/gtest.h>

#include "objects_fixture.h"

namespace naclip::testing {
namespace {

/// Two people and a car on a mask of 8 x 2.
Ptr<GstNaclipSegmentation> street(GstClockTime time = 0, const char *source = "segmenter") {
  return segmentation_of({1, 0, 2, 2, 0, 1, 1, 0,  //
                          0, 0, 2, 2, 0, 0, 0, 0},
                         2, {"background", "person", "car"}, time, source);
}
const Names kStreet{"car 10 0 10 20", "person 25 0 10 10", "person 0 0 5 10"};

/// The one related with `from` of this type; a failure where there is none.
guint related(GstAnalyticsMtd from, GstAnalyticsMtdType type, GstAnalyticsRelTypes relation) {
  gpointer state = nullptr;
  GstAnalyticsMtd to{};
  EXPECT_TRUE(gst_analytics_relation_meta_get_direct_related(from.meta, from.id, relation, type,
                                                             &state, &to));
  return to.id;
}

/// The frame's segmentations in their order.
std::vector<GstAnalyticsMtd> segmentations_of(GstBuffer *frame) {
  std::vector<GstAnalyticsMtd> found;
  gpointer state = nullptr;
  GstAnalyticsMtd one{};
  while (gst_analytics_relation_meta_iterate(gst_buffer_get_analytics_relation_meta(frame), &state,
                                             gst_analytics_segmentation_mtd_get_mtd_type(), &one))
    found.push_back(one);
  return found;
}

/// Another element's mask, "thing" wherever ids are 1.
void attach_foreign_mask(GstBuffer *frame, const Ids &ids) {
  auto *relations = gst_buffer_get_analytics_relation_meta(frame);
  if (relations == nullptr) relations = gst_buffer_add_analytics_relation_meta(frame);
  guint numbers[] = {0, 1};
  gfloat levels[] = {-1, 0.75};
  GQuark labels[] = {g_quark_from_static_string("nothing"), g_quark_from_static_string("thing")};
  GstAnalyticsMtd mask{}, classes{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_segmentation_mtd(
      relations, make_mask(static_cast<int>(ids.size()), 1, ids).release(),
      GST_SEGMENTATION_TYPE_SEMANTIC, 2, numbers, 0, 0, 40, 20, &mask));
  ASSERT_TRUE(gst_analytics_relation_meta_add_cls_mtd(relations, 2, levels, labels, &classes));
  ASSERT_TRUE(gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_N_TO_N,
                                                       mask.id, classes.id));
}

TEST(NaclipObjects, TellsTypePlaceAndConfidenceOfEachPart) {
  Objects objects;
  const Ptr<GstBuffer> frame = objects.pass(objects.frame(0, street().get()));
  EXPECT_EQ(boxes_of(frame.get()), kStreet);
  std::vector<float> confidences;
  for (GstAnalyticsMtd &one : detections_of(frame.get())) {
    gfloat level = 0;
    EXPECT_TRUE(gst_analytics_od_mtd_get_confidence_lvl(&one, &level));
    confidences.push_back(level);
  }
  EXPECT_EQ(confidences, (std::vector<float>{0.2F, 0.1F, 0.1F}));
}

TEST(NaclipObjects, RelatesThemWithTheirSegmentationFromEitherEnd) {
  Objects objects;
  const Ptr<GstBuffer> frame = objects.pass(objects.frame(0, street().get()));
  const std::vector<GstAnalyticsMtd> segmentations = segmentations_of(frame.get());
  ASSERT_EQ(segmentations.size(), 1U);
  const GstAnalyticsMtd mask = segmentations.front();
  const auto detections = detections_of(frame.get());
  ASSERT_EQ(detections.size(), 3U);
  for (const GstAnalyticsMtd &one : detections) {
    EXPECT_EQ(related(one, gst_analytics_segmentation_mtd_get_mtd_type(),
                      GST_ANALYTICS_REL_TYPE_RELATE_TO),
              mask.id);
    EXPECT_EQ(gst_analytics_relation_meta_get_relation(mask.meta, mask.id, one.id),
              GST_ANALYTICS_REL_TYPE_RELATE_TO);
  }
  // What naclipsegment related stays so.
  EXPECT_NE(related(mask, gst_analytics_cls_mtd_get_mtd_type(), GST_ANALYTICS_REL_TYPE_N_TO_N),
            detections.back().id);
}

TEST(NaclipObjects, DoesWithoutTheAnalyticsFormOfAMask) {
  Objects objects;
  Ptr<GstBuffer> frame = objects.frame();
  attach(frame.get(), street().get(), 40, 20);
  EXPECT_EQ(objects.boxes_after(std::move(frame)), kStreet);
}

TEST(NaclipObjects, LeavesAFrameWithoutObjectsAsItIs) {
  Objects objects;
  const Ptr<GstBuffer> bare = objects.pass(objects.frame());
  EXPECT_EQ(gst_buffer_get_analytics_relation_meta(bare.get()), nullptr);
  Ptr<GstBuffer> empty = objects.frame(1);
  attach(empty.get(), segmentation_of({0, 0}).get(), 40, 20);
  empty = objects.pass(std::move(empty));
  EXPECT_EQ(gst_buffer_get_analytics_relation_meta(empty.get()), nullptr);
  EXPECT_EQ(objects.statistic("without-mask"), 1U);
}

TEST(NaclipObjects, SearchesAMaskOnceForAllFramesThatCarryIt) {
  Objects objects;
  const auto segmentation = street();
  for (int number = 0; number < 5; ++number)
    EXPECT_EQ(objects.boxes_after(objects.frame(number, segmentation.get())), kStreet);
  EXPECT_EQ(objects.statistic("searched"), 1U);
  EXPECT_EQ(objects.statistic("objects"), 15U);
  // The same in another place, another one that says the same, and that one after a bare frame.
  Ptr<GstBuffer> moved = objects.frame(5);
  gst_buffer_add_naclip_segmentation_meta(moved.get(), segmentation.get(), 20, 0, 40, 20);
  EXPECT_EQ(objects.boxes_after(std::move(moved)), (Names{"car 30 0 10 20", "person 20 0 5 10"}));
  EXPECT_EQ(objects.statistic("searched"), 2U);
  const auto other = street();
  EXPECT_EQ(objects.boxes_after(objects.frame(6, other.get())), kStreet);
  EXPECT_EQ(objects.statistic("searched"), 3U);
  EXPECT_TRUE(objects.boxes_after(objects.frame(7)).empty());
  EXPECT_EQ(objects.boxes_after(objects.frame(8, other.get())), kStreet);
  EXPECT_EQ(objects.statistic("searched"), 3U);
}

TEST(NaclipObjects, AttachesToACopyOfASharedFrameAndCopiesNoPixel) {
  Objects objects;
  const Ptr<GstBuffer> shared = objects.frame(0, street().get());
  const Ptr<GstBuffer> out = objects.pass(ref(shared.get()));
  EXPECT_NE(out.get(), shared.get());
  EXPECT_EQ(boxes_of(out.get()), kStreet);
  EXPECT_TRUE(boxes_of(shared.get()).empty());
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), gst_buffer_peek_memory(shared.get(), 0));
  // A frame of its own is passed on itself.
  Ptr<GstBuffer> own = objects.frame(1, street().get());
  const GstBuffer *address = own.get();
  EXPECT_EQ(objects.pass(std::move(own)).get(), address);
}

TEST(NaclipObjects, LeavesOtherProducersDetectionsAlone) {
  Objects objects;
  Ptr<GstBuffer> frame = objects.frame();
  auto *relations = gst_buffer_add_analytics_relation_meta(frame.get());
  GstAnalyticsODMtd before{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_od_mtd(relations, g_quark_from_static_string("bird"),
                                                     1, 2, 3, 4, 0.25F, &before));
  const auto segmentation = street();
  attach(frame.get(), segmentation.get(), 40, 20);
  AnalyticsTerms(segmentation.get()).attach(frame.get());
  frame = objects.pass(std::move(frame));
  Names expected{"bird 1 2 3 4"};
  expected.insert(expected.end(), kStreet.begin(), kStreet.end());
  EXPECT_EQ(boxes_of(frame.get()), expected);
  const GstAnalyticsMtd bird = detections_of(frame.get()).front();
  EXPECT_EQ(bird.id, before.id);
  for (const GstAnalyticsMtd &mask : segmentations_of(frame.get()))
    EXPECT_EQ(gst_analytics_relation_meta_get_relation(bird.meta, bird.id, mask.id),
              GST_ANALYTICS_REL_TYPE_NONE);
}

TEST(NaclipObjects, FindsObjectsInOtherElementsMasks) {
  Objects objects;
  Ptr<GstBuffer> frame = objects.frame();
  attach_foreign_mask(frame.get(), {0, 1});
  attach_foreign_mask(frame.get(), {1, 0, 0, 0});
  Ptr<GstBuffer> next(gst_buffer_copy(frame.get()));
  frame = objects.pass(std::move(frame));
  EXPECT_EQ(boxes_of(frame.get()), (Names{"thing 20 0 20 20", "thing 0 0 10 20"}));
  const auto masks = segmentations_of(frame.get());
  const auto detections = detections_of(frame.get());
  ASSERT_EQ(masks.size(), 2U);
  ASSERT_EQ(detections.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(related(detections[i], gst_analytics_segmentation_mtd_get_mtd_type(),
                      GST_ANALYTICS_REL_TYPE_RELATE_TO),
              masks[i].id);
  EXPECT_EQ(objects.boxes_after(std::move(next)), boxes_of(frame.get()));
  EXPECT_EQ(objects.statistic("searched"), 2U);
}

TEST(NaclipObjects, FindsMoreThan255Classes) {
  Objects objects;
  Names labels;
  for (int id = 0; id < 301; ++id) {
    labels.emplace_back("class ");
    labels.back() += std::to_string(id);
  }
  const auto segmentation = make_segmentation<std::uint16_t>(4, 1, {300, 0, 44, 44}, labels);
  EXPECT_EQ(objects.boxes_after(objects.frame(0, segmentation.get())),
            (Names{"class 44 20 0 20 20", "class 300 0 0 10 20"}));
}

TEST(NaclipObjects, TellsAThousandObjects) {
  Objects objects("max-objects=1000", 80, 50);
  Ids ids(80 * 51);
  for (std::size_t cell = 0; cell < ids.size(); ++cell)
    ids[cell] = cell % 2 == 0 && cell / 80 % 2 == 0;
  const Ptr<GstBuffer> frame = objects.pass(objects.frame(0, segmentation_of(ids, 51).get()));
  const auto detections = detections_of(frame.get());
  ASSERT_EQ(detections.size(), 1000U);
  EXPECT_EQ(related(detections.back(), gst_analytics_segmentation_mtd_get_mtd_type(),
                    GST_ANALYTICS_REL_TYPE_RELATE_TO),
            segmentations_of(frame.get()).front().id);
  EXPECT_EQ(objects.statistic("surplus"), 40U);
}

TEST(NaclipObjects, TakesNewSettingsWhilePlaying) {
  Objects objects;
  const auto segmentation = street();
  int number = 0;
  const auto boxes = [&] {
    return objects.boxes_after(objects.frame(number++, segmentation.get()));
  };
  EXPECT_EQ(boxes(), kStreet);
  objects.set("classes", "person");
  EXPECT_EQ(boxes(), (Names{"person 25 0 10 10", "person 0 0 5 10"}));
  objects.set("max-objects", "1");
  EXPECT_EQ(boxes(), Names{"person 25 0 10 10"});
  EXPECT_EQ(objects.statistic("surplus"), 1U);
  objects.set("max-objects", "1000");
  objects.set("min-area", "0.1");
  EXPECT_EQ(boxes(), Names{"person 25 0 10 10"});
  objects.set("min-area", "0");
  objects.set("gap", "720");
  EXPECT_EQ(boxes(), Names{"person 0 0 35 10"});
  objects.set("classes", "\"*\"");
  EXPECT_EQ(boxes().back(), "person 0 0 35 10");
  objects.set("classes", "cart");
  EXPECT_TRUE(boxes().empty());
  const Ptr<GstMessage> warning = objects.messages().next(GST_MESSAGE_WARNING);
  ASSERT_NE(warning, nullptr);
  EXPECT_STREQ(error_of(warning.get())->message,
               "No class is labelled cart. There are: background, person, car.");
}

TEST(NaclipObjects, ItsDefaultsLeaveOutSpecksAndCloseSmallGaps) {
  Objects objects;
  for (const char *property : {"min-area", "gap", "max-objects"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(objects.element()), property);
    g_object_set_property(G_OBJECT(objects.element()), property,
                          g_param_spec_get_default_value(const_cast<GParamSpec *>(spec)));
  }
  objects.set_size(1280, 720);
  // Cells of 4 x 4: two of them, 8 pixels apart, and of two areas one below a thousandth.
  Ids ids(320 * 180);
  const auto fill = [&](int x, int y, int width, int height) {
    for (int row = y; row < y + height; ++row)
      for (int column = x; column < x + width; ++column)
        ids[static_cast<std::size_t>(row * 320 + column)] = 1;
  };
  fill(10, 10, 8, 8);
  fill(20, 10, 8, 8);
  fill(100, 10, 7, 8);
  fill(200, 10, 8, 8);
  EXPECT_EQ(objects.boxes_after(objects.frame(0, segmentation_of(ids, 180).get())),
            (Names{"person 40 40 72 32", "person 800 40 32 32"}));
}

TEST(NaclipObjects, ReadsTheMasksOfTheSegmenterThatIsNamed) {
  Objects objects("source=first");
  Ptr<GstBuffer> frame = objects.frame(0, street(0, "first").get());
  const auto second = segmentation_of({2}, 1, {"background", "person", "car"}, 0, "second");
  attach(frame.get(), second.get(), 40, 20);
  AnalyticsTerms(second.get()).attach(frame.get());
  frame = objects.pass(std::move(frame));
  EXPECT_EQ(boxes_of(frame.get()), kStreet);
  const auto masks = segmentations_of(frame.get());
  ASSERT_EQ(masks.size(), 2U);
  for (const GstAnalyticsMtd &one : detections_of(frame.get()))
    EXPECT_EQ(related(one, gst_analytics_segmentation_mtd_get_mtd_type(),
                      GST_ANALYTICS_REL_TYPE_RELATE_TO),
              masks[0].id);
}

TEST(NaclipObjects, FollowsTheFramesSize) {
  Objects objects;
  const auto segmentation = street();
  EXPECT_EQ(objects.boxes_after(objects.frame(0, segmentation.get())), kStreet);
  objects.set_size(80, 20);
  EXPECT_EQ(objects.boxes_after(objects.frame(1, segmentation.get())),
            (Names{"car 20 0 20 20", "person 50 0 20 10", "person 0 0 10 10"}));
  EXPECT_EQ(objects.statistic("searched"), 2U);
  // Cropped: the mask lies where it was, and beyond the frame.
  objects.set_size(30, 20);
  Ptr<GstBuffer> cropped = objects.frame(2);
  attach(cropped.get(), segmentation.get(), 80, 20);
  EXPECT_EQ(objects.boxes_after(std::move(cropped)), (Names{"car 20 0 10 20", "person 0 0 10 10"}));
}

TEST(NaclipObjects, LeavesOutMasksThatAreTooOld) {
  Objects objects("max-age=200");
  const auto segmentation = street(kFrameTime);
  for (const auto &[number, count] : {std::pair{1, 3U}, {3, 3U}, {4, 0U}, {0, 0U}})
    EXPECT_EQ(objects.boxes_after(objects.frame(number, segmentation.get())).size(), count)
        << number;
  EXPECT_EQ(objects.statistic("without-mask"), 2U);
  objects.set("max-age", "-1");
  EXPECT_EQ(objects.boxes_after(objects.frame(4, segmentation.get())), kStreet);
}

TEST(NaclipObjects, TakesAnyRawVideoInAnyMemory) {
  for (const char *caps : {"video/x-raw,format=AYUV64", "video/x-raw,format=v210",
                           "video/x-raw(memory:GLMemory),format=RGBA",
                           "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12"}) {
    Objects objects;
    std::string text(caps);
    text += ",width=40,height=20,framerate=10/1";
    gst_harness_set_src_caps_str(objects.harness(), text.c_str());
    EXPECT_EQ(objects.boxes_after(objects.frame(0, street().get())), kStreet) << caps;
  }
}

TEST(NaclipObjects, CountsSinceItsStart) {
  Objects objects;
  objects.pass(objects.frame(0));
  objects.pass(objects.frame(1, street().get()));
  EXPECT_EQ(objects.statistic("frames"), 2U);
  EXPECT_EQ(objects.statistic("without-mask"), 1U);
  EXPECT_EQ(objects.statistic("searched"), 1U);
  EXPECT_EQ(objects.statistic("objects"), 3U);
  gst_element_set_state(objects.element(), GST_STATE_NULL);
  EXPECT_EQ(objects.statistic("frames"), 2U);
  gst_element_set_state(objects.element(), GST_STATE_PLAYING);
  for (const char *field : {"frames", "without-mask", "searched", "objects", "surplus"})
    EXPECT_EQ(objects.statistic(field), 0U) << field;
}

TEST(NaclipObjects, HoldsNoMaskOnceItHasStopped) {
  Objects objects;
  const auto segmentation = street();
  GstBuffer *mask = gst_naclip_segmentation_get_mask(segmentation.get());
  objects.pass(objects.frame(0, segmentation.get()));
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask), 2);
  gst_element_set_state(objects.element(), GST_STATE_NULL);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(mask), 1);
}

TEST(NaclipObjects, WarnsWhereNoMaskCame) {
  Objects objects;
  objects.pass(objects.frame());
  gst_harness_push_event(objects.harness(), gst_event_new_eos());
  const Ptr<GstMessage> warning = objects.messages().next(GST_MESSAGE_WARNING);
  ASSERT_NE(warning, nullptr);
  EXPECT_STREQ(error_of(warning.get())->message,
               "No frame has a mask. Put naclipsegment before naclipobjects, with no element "
               "between them that drops metadata.");
}

TEST(NaclipObjects, AFlushBeginsTheWaitForMasksAnew) {
  Objects objects;
  objects.pass(objects.frame(0));
  gst_harness_push_event(objects.harness(), gst_event_new_flush_start());
  gst_harness_push_event(objects.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(objects.harness(), gst_event_new_segment(&segment));
  objects.pass(objects.frame(150));
  EXPECT_EQ(objects.messages().next(GST_MESSAGE_WARNING), nullptr);
  objects.pass(objects.frame(250));
  EXPECT_NE(objects.messages().next(GST_MESSAGE_WARNING), nullptr);
}

TEST(NaclipObjects, HasControllableNumbersAndNoQos) {
  Objects objects;
  for (const char *name : {"min-area", "max-objects", "gap", "max-age"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(objects.element()), name);
    ASSERT_NE(spec, nullptr);
    EXPECT_TRUE(spec->flags & GST_PARAM_CONTROLLABLE) << name;
  }
  EXPECT_FALSE(gst_base_transform_is_qos_enabled(GST_BASE_TRANSFORM(objects.element())));
}

}  // namespace
}  // namespace naclip::testing
