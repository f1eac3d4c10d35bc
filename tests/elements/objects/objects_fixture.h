// naclipobjects in a harness, with masks that tests make, and the detections that frames carry.
#pragma once

#include <gst/analytics/analytics.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "elements/objects/naclipobjects.h"
#include "elements/support/analytics.h"
#include "tests/elements/frames.h"
#include "tests/elements/segmentations.h"

namespace naclip::testing {

using Ids = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;

/// Frames that tests push are ten a second.
inline constexpr GstClockTime kFrameTime = GST_SECOND / 10;

/// Of `rows` rows; region 0 has confidence 0, each further one 0.1 more.
inline Ptr<GstNaclipSegmentation> segmentation_of(
    const Ids &ids, int rows = 1, const Names &labels = {"background", "person", "car"},
    GstClockTime time = 0, const char *source = "segmenter") {
  std::vector<GstNaclipRegion> regions;
  for (const std::string &label : labels)
    regions.push_back({label.c_str(), 0, 0, static_cast<double>(regions.size()) / 10});
  const Ptr<GstBuffer> mask = make_mask(static_cast<int>(ids.size()) / rows, rows, ids);
  return Ptr<GstNaclipSegmentation>(gst_naclip_segmentation_new(
      mask.get(), regions.data(), static_cast<guint>(regions.size()), source, time));
}

/// A frame's GstAnalyticsODMtd in their order.
inline std::vector<GstAnalyticsMtd> detections_of(GstBuffer *frame) {
  std::vector<GstAnalyticsMtd> detections;
  GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(frame);
  gpointer state = nullptr;
  GstAnalyticsMtd one{};
  while (relations != nullptr && gst_analytics_relation_meta_iterate(
                                     relations, &state, gst_analytics_od_mtd_get_mtd_type(), &one))
    detections.push_back(one);
  return detections;
}

/// "type x y width height" of each.
inline Names boxes_of(GstBuffer *frame) {
  Names boxes;
  for (GstAnalyticsMtd &one : detections_of(frame)) {
    gint x = 0, y = 0, width = 0, height = 0;
    EXPECT_TRUE(gst_analytics_od_mtd_get_location(&one, &x, &y, &width, &height, nullptr));
    std::string text = g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&one));
    for (const int value : {x, y, width, height}) {
      text += ' ';
      text += std::to_string(value);
    }
    boxes.push_back(text);
  }
  return boxes;
}

/// A harness around one element; `properties` as gst-launch-1.0 writes them.
class Objects {
 public:
  explicit Objects(const std::string &properties = "", int width = 40, int height = 20)
      : element_(make("naclipobjects gap=0 min-area=0 " + properties)),
        messages_(element_.get()),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    set_size(width, height);
  }

  GstElement *element() { return element_.get(); }
  GstHarness *harness() { return harness_.get(); }
  Messages &messages() { return messages_; }

  void set(const char *property, const char *value) {
    gst_util_set_object_arg(G_OBJECT(element_.get()), property, value);
  }
  void set_size(int width, int height) {
    width_ = width;
    height_ = height;
    gst_harness_set_src_caps_str(harness_.get(), caps_of("RGB", width, height).c_str());
  }

  /// The `number`th frame, without a mask.
  Ptr<GstBuffer> frame(int number = 0) const {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, width_, height_);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(number) * kFrameTime;
    return frame;
  }
  /// The same with this mask over all of it, in GstAnalytics too, as naclipsegment does it.
  Ptr<GstBuffer> frame(int number, GstNaclipSegmentation *segmentation) const {
    Ptr<GstBuffer> result = frame(number);
    attach(result.get(), segmentation, width_, height_);
    AnalyticsTerms(segmentation).attach(result.get());
    return result;
  }

  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    return Ptr<GstBuffer>(gst_harness_push_and_pull(harness_.get(), frame.release()));
  }
  Names boxes_after(Ptr<GstBuffer> frame) { return boxes_of(pass(std::move(frame)).get()); }

  guint64 statistic(const char *field) { return statistic_of(element_.get(), field); }

 private:
  static Ptr<GstElement> make(const std::string &line) {
    GST_ELEMENT_REGISTER(naclipobjects, nullptr);
    return Ptr<GstElement>(
        static_cast<GstElement *>(gst_object_ref_sink(gst_parse_launch(line.c_str(), nullptr))));
  }

  Ptr<GstElement> element_;
  Messages messages_;
  Harness harness_;
  int width_ = 0, height_ = 0;
};

}  // namespace naclip::testing
