// naclipzones in a harness, with masks that tests make.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "elements/support/event_meta.h"
#include "elements/zones/naclipzones.h"
#include "tests/elements/frames.h"
#include "tests/elements/segmentations.h"

namespace naclip::testing {

/// Frames that tests push are ten a second.
inline constexpr GstClockTime kFrameTime = GST_SECOND / 10;

/// A rule called r.
inline constexpr const char *kSmoke = R"([{"name":"r","class":"smoke","above":"30%"}])";

/// An event's fields, in words: `begin smoke above 30 % at 3`, the last being the frame's number.
inline std::string text_of(const GstStructure *event) {
  guint64 pts = 0;
  gst_structure_get_uint64(event, event_field::kPts, &pts);
  return std::string(gst_structure_get_string(event, event_field::kState)) + " " +
         gst_structure_get_string(event, event_field::kRule) + " at " +
         std::to_string(pts / kFrameTime);
}

/// A harness around one element. The picture is 8 pixels wide, and so are masks unless a test says
/// otherwise.
class Zones {
 public:
  explicit Zones(const std::string &rules, const char *format = "RGB", int width = 8,
                 int height = 2)
      : element_(make(rules)),
        messages_(element_.get()),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    set_caps(format, width, height);
  }

  GstElement *element() { return element_.get(); }
  GstHarness *harness() { return harness_.get(); }
  Messages &messages() { return messages_; }

  void set(const char *property, const std::string &value) {
    g_object_set(element_.get(), property, value.c_str(), nullptr);
  }
  void set(const char *property, int value) {
    g_object_set(element_.get(), property, value, nullptr);
  }
  void set_caps(const char *format, int width, int height) {
    info_ = info_of(gst_video_format_from_string(format), width, height);
    gst_harness_set_src_caps_str(harness_.get(), caps_of(format, width, height).c_str());
  }
  void event(GstEvent *event) { gst_harness_push_event(harness_.get(), event); }
  void flush() {
    event(gst_event_new_flush_start());
    event(gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    event(gst_event_new_segment(&segment));
  }

  /// A grey frame of the caps' size, the `number`th.
  Ptr<GstBuffer> frame(int number) const {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_INFO_FORMAT(&info_), info_.width, info_.height);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(number) * kFrameTime;
    return frame;
  }
  /// The same with a mask whose first cells, `smoke` of 10, are of class 1; made of frame `made_of`.
  Ptr<GstBuffer> smoky(int number, int smoke, int made_of = -1,
                       const std::vector<std::string> &labels = {"background", "smoke"}) const {
    Ptr<GstBuffer> result = frame(number);
    std::vector<std::uint8_t> ids(10);
    std::fill(ids.begin(), ids.begin() + smoke, 1);
    const int from = made_of < 0 ? number : made_of;
    attach(
        result.get(),
        make_segmentation(10, 1, ids, labels, static_cast<GstClockTime>(from) * kFrameTime).get(),
        info_.width, info_.height);
    return result;
  }

  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    if (gst_harness_push(harness_.get(), frame.release()) != GST_FLOW_OK) return nullptr;
    return Ptr<GstBuffer>(gst_harness_try_pull(harness_.get()));
  }
  /// What the frame carries when it has passed, and what the bus has been told, which is to be the
  /// same.
  std::string told_after(Ptr<GstBuffer> frame) {
    const Ptr<GstBuffer> passed = pass(std::move(frame));
    EXPECT_NE(passed, nullptr);
    const std::string on_bus = told_on_bus();
    EXPECT_EQ(carried(passed), on_bus);
    return on_bus;
  }
  static std::string carried(const Ptr<GstBuffer> &frame) {
    std::string text;
    for (const GstStructure *event : events_of(frame.get()))
      text += (text.empty() ? "" : ", ") + text_of(event);
    return text;
  }
  /// The events that the bus has been told of since the last call.
  std::string told_on_bus() {
    read_bus();
    return std::exchange(told_, {});
  }
  /// The next warning, empty where there is none.
  std::string warning() {
    read_bus();
    if (warnings_.empty()) return "";
    const std::string first = warnings_.front();
    warnings_.erase(warnings_.begin());
    return first;
  }

  guint64 statistic(const char *field) { return statistic_of(element_.get(), field); }
  const GstVideoInfo &info() const { return info_; }

 private:
  void read_bus() {
    constexpr auto kTypes = static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
    while (const Ptr<GstMessage> message = messages_.next(kTypes)) {
      if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING)
        warnings_.emplace_back(error_of(message.get())->message);
      else
        told_ += (told_.empty() ? "" : ", ") + text_of(gst_message_get_structure(message.get()));
    }
  }
  static Ptr<GstElement> make(const std::string &rules) {
    GST_ELEMENT_REGISTER(naclipzones, nullptr);
    return Ptr<GstElement>(GST_ELEMENT(
        gst_object_ref_sink(g_object_new(GST_TYPE_NACLIP_ZONES, "rules", rules.c_str(), nullptr))));
  }

  Ptr<GstElement> element_;
  Messages messages_;
  Harness harness_;
  GstVideoInfo info_{};
  std::string told_;
  std::vector<std::string> warnings_;
};

}  // namespace naclip::testing
