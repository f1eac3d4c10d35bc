#include "elements/support/frame_mask.h"

#include <gtest/gtest.h>

#include "elements/support/analytics.h"
#include "model/base/palette.h"
#include "model/error.h"
#include "tests/elements/frames.h"
#ifdef NACLIP_HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

namespace naclip::testing {
namespace {

TEST(ReadMasks, FindsNothingOnABareFrame) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4);
  EXPECT_TRUE(read_masks(frame.get()).empty());
}

TEST(ReadMasks, TellsOurOwnMetadata) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 8, 8);
  const auto segmentation =
      make_segmentation<std::uint8_t>(3, 1, {0, 1, 2}, {"background", "person", "car"});
  gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), -2, 1, 6, 5);
  const auto masks = read_masks(frame.get());
  ASSERT_EQ(masks.size(), 1U);
  const FrameMask &mask = masks[0];
  EXPECT_EQ(mask.width(), 3);
  EXPECT_EQ(mask.height(), 1);
  EXPECT_EQ(mask.bytes_per_label(), 1);
  EXPECT_EQ(mask.labels()[2], 2);
  EXPECT_EQ(mask.rectangle().x, -2);
  EXPECT_EQ(mask.rectangle().y, 1);
  EXPECT_EQ(mask.rectangle().width, 6);
  EXPECT_EQ(mask.rectangle().height, 5);
  ASSERT_EQ(mask.regions.size(), 3U);
  EXPECT_EQ(mask.regions[2].label, "car");
  EXPECT_EQ(mask.regions[2].colour, 0x0200ffU);
  EXPECT_DOUBLE_EQ(mask.regions[2].share, 0.25);
  EXPECT_DOUBLE_EQ(mask.regions[2].confidence, 0.5);
  EXPECT_EQ(mask.source_pts, 4 * GST_SECOND);
  EXPECT_EQ(mask.identity(), gst_naclip_segmentation_get_mask(segmentation.get()));
}

TEST(ReadMasks, ReadsSixteenBitIds) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 1);
  std::vector<std::string> labels;
  for (int id = 0; id < 301; ++id) labels.push_back("class " + std::to_string(id));
  const auto segmentation = make_segmentation<std::uint16_t>(2, 1, {300, 7}, labels);
  attach(frame.get(), segmentation.get(), 2, 1);
  const auto masks = read_masks(frame.get());
  ASSERT_EQ(masks.size(), 1U);
  EXPECT_EQ(masks[0].bytes_per_label(), 2);
  EXPECT_EQ(GST_READ_UINT16_LE(masks[0].labels()), 300);
  EXPECT_EQ(masks[0].regions[300].label, "class 300");
}

TEST(ReadMasks, GivesTheLatestOfOursOrThatOfTheElementThatIsNamed) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 1, 1);
  for (const char *name : {"first", "second"}) {
    const auto segmentation = make_segmentation<std::uint8_t>(
        1, 1, {0}, {std::string("of ") + name}, GST_CLOCK_TIME_NONE, name);
    attach(frame.get(), segmentation.get(), 1, 1);
  }
  const auto label_of = [&](const char *source) {
    const auto masks = read_masks(frame.get(), source);
    return masks.size() == 1 ? masks[0].regions[0].label : std::to_string(masks.size());
  };
  EXPECT_EQ(label_of(""), "of second");
  EXPECT_EQ(label_of("first"), "of first");
  EXPECT_EQ(label_of("third"), "0");
  EXPECT_EQ(sources_of(frame.get()), (std::vector<std::string>{"second", "first"}));
}

TEST(FrameMask, CountsSharesAndNamesValuesThatNobodyNamed) {
  const auto buffer = make_mask<std::uint8_t>(3, 2, {0, 0, 0, 2, 2, 3}, 5);
  FrameMask mask(buffer.get(), {0, 0, 3, 2});
  mask.regions = {{"background"}, {"person"}};
  mask.count_shares();
  ASSERT_EQ(mask.regions.size(), 4U);
  EXPECT_DOUBLE_EQ(mask.regions[0].share, 0.5);
  EXPECT_DOUBLE_EQ(mask.regions[1].share, 0);
  EXPECT_NEAR(mask.regions[2].share, 2 / 6.0, 1e-12);
  EXPECT_EQ(mask.regions[3].label, "region 3");
  EXPECT_EQ(mask.regions[3].colour, palette_colour(2));
  EXPECT_NEAR(mask.regions[3].share, 1 / 6.0, 1e-12);
}

TEST(FrameMask, RefusesAPictureThatIsNotOfIds) {
  const auto buffer = make_frame(GST_VIDEO_FORMAT_RGB, 4, 4, 4);
  EXPECT_THROW(FrameMask(buffer.get(), {0, 0, 4, 4}), Error);
}

TEST(FrameMask, RefusesAnEmptyRectangle) {
  const auto buffer = make_mask<std::uint8_t>(1, 1, {0});
  EXPECT_THROW(FrameMask(buffer.get(), {0, 0, 1, 0}), Error);
}

TEST(FrameMask, IsRecentUpToAnAge) {
  const auto buffer = make_mask<std::uint8_t>(1, 1, {0});
  FrameMask mask(buffer.get(), {0, 0, 1, 1});
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 1, 1);  // at 5 s
  EXPECT_TRUE(is_recent(mask, frame.get(), -1));
  EXPECT_FALSE(is_recent(mask, frame.get(), 100000)) << "of unknown age";
  mask.source_pts = 4900 * GST_MSECOND;
  EXPECT_TRUE(is_recent(mask, frame.get(), 100));
  EXPECT_FALSE(is_recent(mask, frame.get(), 99));
  mask.source_pts = 5 * GST_SECOND;
  EXPECT_TRUE(is_recent(mask, frame.get(), 0));
  mask.source_pts = 5 * GST_SECOND + 1;
  EXPECT_FALSE(is_recent(mask, frame.get(), 100)) << "of a later frame";
  EXPECT_TRUE(is_recent(mask, frame.get(), -1));
  GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
  EXPECT_FALSE(is_recent(mask, frame.get(), 100));
}

TEST(Analytics, OurOwnEntryIsNotToldTwice) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  const auto segmentation =
      make_segmentation<std::uint8_t>(2, 2, {0, 1, 1, 1}, {"background", "person"});
  attach(frame.get(), segmentation.get(), 2, 2);
  AnalyticsTerms(segmentation.get()).attach(frame.get());
  EXPECT_EQ(read_masks(frame.get()).size(), 1U);
}

TEST(Analytics, OurOwnEntryIsNotReadWhereOurMetadataWasDropped) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  const auto segmentation =
      make_segmentation<std::uint8_t>(2, 2, {0, 1, 1, 1}, {"background", "person"});
  attach(frame.get(), segmentation.get(), 2, 2);
  AnalyticsTerms(segmentation.get()).attach(frame.get());
  gst_buffer_remove_meta(frame.get(), &gst_buffer_get_naclip_segmentation_meta(frame.get())->meta);
  EXPECT_TRUE(read_masks(frame.get()).empty());
}

TEST(Analytics, DoesNothingOnAFrameWithoutOurMetadata) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  const auto segmentation = make_segmentation<std::uint8_t>(1, 1, {0}, {"background"});
  AnalyticsTerms(segmentation.get()).attach(frame.get());
  gpointer state = nullptr;
  EXPECT_EQ(gst_buffer_iterate_meta(frame.get(), &state), nullptr);
}

#ifdef NACLIP_HAVE_ANALYTICS

TEST(Analytics, AttachesIdsLabelsAndConfidencesOverTheSameMask) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 8, 8);
  const auto segmentation =
      make_segmentation<std::uint8_t>(2, 2, {0, 1, 1, 2}, {"background", "person", "car"});
  gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 1, 2, 6, 4);
  AnalyticsTerms(segmentation.get()).attach(frame.get());

  auto *relations = gst_buffer_get_analytics_relation_meta(frame.get());
  ASSERT_NE(relations, nullptr);
  gpointer state = nullptr;
  GstAnalyticsMtd mask{}, classes{};
  ASSERT_TRUE(gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_segmentation_mtd_get_mtd_type(), &mask));
  state = nullptr;
  ASSERT_TRUE(gst_analytics_relation_meta_get_direct_related(
      relations, mask.id, GST_ANALYTICS_REL_TYPE_N_TO_N, gst_analytics_cls_mtd_get_mtd_type(),
      &state, &classes));
  gint x = 0, y = 0;
  guint width = 0, height = 0;
  const Ptr<GstBuffer> buffer(
      gst_analytics_segmentation_mtd_get_mask(&mask, &x, &y, &width, &height));
  EXPECT_EQ(buffer.get(), gst_naclip_segmentation_get_mask(segmentation.get()));
  EXPECT_EQ(x, 1);
  EXPECT_EQ(y, 2);
  EXPECT_EQ(width, 6U);
  EXPECT_EQ(height, 4U);
  ASSERT_EQ(gst_analytics_segmentation_mtd_get_region_count(&mask), 3U);
  EXPECT_EQ(gst_analytics_segmentation_mtd_get_region_id(&mask, 2), 2U);
  ASSERT_EQ(gst_analytics_cls_mtd_get_length(&classes), 3U);
  EXPECT_STREQ(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&classes, 2)), "car");
  EXPECT_FLOAT_EQ(gst_analytics_cls_mtd_get_level(&classes, 2), 0.5F);
}

TEST(Analytics, ReadsWhatAnotherElementAttached) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 8, 8);
  auto *relations = gst_buffer_add_analytics_relation_meta(frame.get());
  // Rows are padded and the ids are neither dense nor in order.
  auto buffer = make_mask<std::uint8_t>(3, 2, {0, 12, 12, 7, 9, 0}, 13);
  guint ids[] = {0, 12, 7};
  gfloat levels[] = {-1, 0.75, 0.5};
  GQuark labels[] = {g_quark_from_static_string("nothing"), g_quark_from_static_string("berry"),
                     g_quark_from_static_string("leaf")};
  GstAnalyticsMtd mask{}, classes{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_segmentation_mtd(
      relations, buffer.release(), GST_SEGMENTATION_TYPE_INSTANCE, 3, ids, 2, 1, 6, 4, &mask));
  ASSERT_TRUE(gst_analytics_relation_meta_add_cls_mtd(relations, 3, levels, labels, &classes));
  ASSERT_TRUE(gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_N_TO_N,
                                                       mask.id, classes.id));
  const auto masks = read_masks(frame.get());
  ASSERT_EQ(masks.size(), 1U);
  EXPECT_EQ(masks[0].stride(), 16);
  EXPECT_EQ(masks[0].rectangle().x, 2);
  EXPECT_EQ(masks[0].rectangle().height, 4);
  EXPECT_FALSE(masks[0].source_pts.has_value());
  ASSERT_EQ(masks[0].regions.size(), 13U);
  EXPECT_EQ(masks[0].regions[0].label, "nothing");
  EXPECT_DOUBLE_EQ(masks[0].regions[0].confidence, 0);
  EXPECT_EQ(masks[0].regions[12].label, "berry");
  EXPECT_NEAR(masks[0].regions[12].share, 2 / 6.0, 1e-12);
  EXPECT_DOUBLE_EQ(masks[0].regions[12].confidence, 0.75);
  EXPECT_EQ(masks[0].regions[7].label, "leaf");
  EXPECT_EQ(masks[0].regions[9].label, "region 9");
  EXPECT_EQ(masks[0].regions[9].colour, palette_colour(8));
}

TEST(Analytics, OtherElementsMasksAreReadWhereThereIsNoneOfOursAlone) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  auto buffer = make_mask<std::uint8_t>(2, 1, {0, 1});
  guint ids[] = {0, 1};
  GstAnalyticsMtd mask{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_segmentation_mtd(
      gst_buffer_add_analytics_relation_meta(frame.get()), buffer.release(),
      GST_SEGMENTATION_TYPE_SEMANTIC, 2, ids, 0, 0, 2, 2, &mask));
  EXPECT_EQ(read_masks(frame.get()).size(), 1U);
  EXPECT_TRUE(read_masks(frame.get(), "segmenter").empty());
  attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {0}, {"ours"}).get(), 2, 2);
  const auto masks = read_masks(frame.get());
  ASSERT_EQ(masks.size(), 1U);
  EXPECT_EQ(masks[0].regions[0].label, "ours");
}

TEST(Analytics, ASegmentationWithoutClassificationHasNumberedRegions) {
  const auto frame = make_frame(GST_VIDEO_FORMAT_RGB, 2, 2);
  auto *relations = gst_buffer_add_analytics_relation_meta(frame.get());
  auto buffer = make_mask<std::uint8_t>(2, 1, {0, 1});
  guint ids[] = {0, 1};
  GstAnalyticsMtd mask{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_segmentation_mtd(
      relations, buffer.release(), GST_SEGMENTATION_TYPE_SEMANTIC, 2, ids, 0, 0, 2, 2, &mask));
  const auto masks = read_masks(frame.get());
  ASSERT_EQ(masks.size(), 1U);
  EXPECT_EQ(masks[0].regions[1].label, "region 1");
}

#endif

}  // namespace
}  // namespace naclip::testing
