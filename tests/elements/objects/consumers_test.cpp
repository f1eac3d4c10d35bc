// What GStreamer's own elements make of naclipobjects' boxes. Those that the installed GStreamer does
// not have are skipped.
#include <gtest/gtest.h>

#include "objects_fixture.h"

namespace naclip::testing {
namespace {

constexpr int kWidth = 160, kHeight = 120;

class Consumers : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    GST_ELEMENT_REGISTER(naclipobjects, nullptr);
    for (const char *plugin : {"coreelements", "analyticsoverlay", "tensordecoders"}) {
      std::string path(NACLIP_SYSTEM_PLUGINS "/libgst");
      path += plugin;
      path += ".so";
      const Ptr<GstPlugin> loaded(gst_plugin_load_file(path.c_str(), nullptr));
    }
  }

  static bool has(const char *factory) {
    const Ptr<GstObject> found(GST_OBJECT_CAST(gst_element_factory_find(factory)));
    return found != nullptr;
  }

  void start(const std::string &line) {
    harness_.reset(gst_harness_new_parse(line.c_str()));
    gst_harness_set_src_caps_str(harness_.get(), caps_of("RGBA", kWidth, kHeight).c_str());
  }

  /// The `number`th grey frame, with one person in a cell of a mask of 16 x 12.
  Ptr<GstBuffer> pass(int number, int column, int row) {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGBA, kWidth, kHeight);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(number) * kFrameTime;
    Ids ids(16 * 12);
    for (int y = row; y < row + 4; ++y)
      for (int x = column; x < column + 3; ++x) ids[static_cast<std::size_t>(y * 16 + x)] = 1;
    const auto segmentation = segmentation_of(ids, 12);
    attach(frame.get(), segmentation.get(), kWidth, kHeight);
    AnalyticsTerms(segmentation.get()).attach(frame.get());
    return Ptr<GstBuffer>(gst_harness_push_and_pull(harness_.get(), frame.release()));
  }

  Harness harness_;
};

TEST_F(Consumers, ObjectDetectionOverlayDrawsTheBoxes) {
  if (!has("objectdetectionoverlay")) GTEST_SKIP() << "no objectdetectionoverlay is installed";
  start("naclipobjects ! objectdetectionoverlay draw-labels=false");
  const Ptr<GstBuffer> frame = pass(0, 4, 3);
  ASSERT_EQ(boxes_of(frame.get()), Names{"person 40 30 30 40"});
  const auto pixels = pixels_of(frame.get(), info_of(GST_VIDEO_FORMAT_RGBA, kWidth, kHeight));
  const auto drawn = [&](int x, int y) {
    const auto at = static_cast<std::size_t>(y * kWidth + x) * 4;
    return pixels[at] != 100 || pixels[at + 1] != 100 || pixels[at + 2] != 100;
  };
  for (const auto &[x, y] : {std::pair{40, 50}, {69, 50}, {55, 30}, {55, 69}})
    EXPECT_TRUE(drawn(x, y) || drawn(x + 1, y) || drawn(x, y + 1)) << x << " " << y;
  for (const auto &[x, y] : {std::pair{55, 50}, {20, 50}, {90, 50}, {55, 10}, {55, 90}})
    EXPECT_FALSE(drawn(x, y)) << x << " " << y;
}

TEST_F(Consumers, IouTrackerFollowsAnObject) {
  if (!has("ioutracker")) GTEST_SKIP() << "no ioutracker is installed: it came with 1.28";
  start("naclipobjects ! ioutracker iou-score-threshold=0.3");
  std::vector<guint64> tracks;
  // One cell further each time, and then somewhere else.
  for (const auto &[number, column] : {std::pair{0, 2}, {1, 3}, {2, 4}, {3, 12}}) {
    const Ptr<GstBuffer> frame = pass(number, column, 3);
    const std::vector<GstAnalyticsMtd> detections = detections_of(frame.get());
    ASSERT_EQ(detections.size(), 1U);
    gpointer state = nullptr;
    GstAnalyticsTrackingMtd track{};
    ASSERT_TRUE(gst_analytics_relation_meta_get_direct_related(
        detections[0].meta, detections[0].id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
        gst_analytics_tracking_mtd_get_mtd_type(), &state, &track));
    guint64 id = 0;
    GstClockTime first = 0, last = 0;
    gboolean lost = FALSE;
    ASSERT_TRUE(gst_analytics_tracking_mtd_get_info(&track, &id, &first, &last, &lost));
    tracks.push_back(id);
  }
  EXPECT_EQ(tracks[0], tracks[1]);
  EXPECT_EQ(tracks[0], tracks[2]);
  EXPECT_NE(tracks[0], tracks[3]);
}

}  // namespace
}  // namespace naclip::testing
