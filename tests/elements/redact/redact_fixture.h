// naclipredact in a harness, with masks that tests make.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "elements/redact/naclipredact.h"
#include "tests/elements/frames.h"
#include "tests/elements/segmentations.h"

namespace naclip::testing {

using Pixels = std::vector<std::uint8_t>;
using Names = std::vector<std::string>;

/// Frames that tests push are grey 100 and ten a second.
inline constexpr GstClockTime kFrameTime = GST_SECOND / 10;

/// A harness around one element; `properties` as gst-launch-1.0 writes them. Frames are covered by
/// white, so that it differs from what they show, and masks do not grow unless asked to.
class Redact {
 public:
  explicit Redact(const std::string &properties = "", const std::string &format = "RGB",
                  int width = 4, int height = 2)
      : element_(make("naclipredact colour=#ffffff dilate=0 " + properties)),
        messages_(element_.get()),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    set_caps(format, width, height);
  }

  GstElement *element() { return element_.get(); }
  GstHarness *harness() { return harness_.get(); }
  Messages &messages() { return messages_; }

  void set(const char *property, const char *value) {
    gst_util_set_object_arg(G_OBJECT(element_.get()), property, value);
  }
  void set_caps(const std::string &format, int width, int height) {
    info_ = info_of(gst_video_format_from_string(format.c_str()), width, height);
    gst_harness_set_src_caps_str(harness_.get(), caps_of(format.c_str(), width, height).c_str());
  }
  void event(GstEvent *event) { gst_harness_push_event(harness_.get(), event); }

  /// A grey frame of the caps' size, the `number`th.
  Ptr<GstBuffer> frame(int number, int padding = 0) const {
    Ptr<GstBuffer> frame =
        make_frame(GST_VIDEO_INFO_FORMAT(&info_), info_.width, info_.height, padding);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(number) * kFrameTime;
    return frame;
  }
  /// The same with a mask that was made of it, one row over all of the frame.
  Ptr<GstBuffer> frame(int number, const std::vector<std::uint8_t> &ids,
                       const Names &labels = {"background", "person"}) const {
    Ptr<GstBuffer> result = frame(number);
    attach(result.get(),
           make_segmentation(static_cast<int>(ids.size()), 1, ids, labels,
                             GST_BUFFER_PTS(result.get()))
               .get(),
           info_.width, info_.height);
    return result;
  }

  GstFlowReturn push(Ptr<GstBuffer> frame) {
    return gst_harness_push(harness_.get(), frame.release());
  }
  /// The next frame that has come out; null where there is none.
  Ptr<GstBuffer> pull() { return Ptr<GstBuffer>(gst_harness_try_pull(harness_.get())); }
  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    return push(std::move(frame)) == GST_FLOW_OK ? pull() : nullptr;
  }

  /// By column: `#` where a frame's first row is white, `.` where it is as it was, `?` else. Empty
  /// for no frame. For packed formats.
  std::string shown(const Ptr<GstBuffer> &frame) const {
    if (frame == nullptr) return "";
    const Pixels pixels = pixels_of(frame.get(), info_);
    const auto step = static_cast<std::size_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info_, 0));
    std::string row;
    for (std::size_t x = 0; x < static_cast<std::size_t>(info_.width); ++x)
      row += pixels[x * step] == 255 ? '#' : pixels[x * step] == 100 ? '.' : '?';
    return row;
  }
  std::string shown_after(Ptr<GstBuffer> frame) { return shown(pass(std::move(frame))); }

  guint64 statistic(const char *field) { return statistic_of(element_.get(), field); }
  const GstVideoInfo &info() const { return info_; }

 private:
  static Ptr<GstElement> make(const std::string &line) {
    GST_ELEMENT_REGISTER(naclipredact, nullptr);
    return Ptr<GstElement>(
        static_cast<GstElement *>(gst_object_ref_sink(gst_parse_launch(line.c_str(), nullptr))));
  }

  Ptr<GstElement> element_;
  Messages messages_;
  Harness harness_;
  GstVideoInfo info_{};
};

/// The text of the next warning on the bus, empty where there is none.
inline std::string warning_of(Redact &redact) {
  const Ptr<GstMessage> message = redact.messages().next(GST_MESSAGE_WARNING);
  return message != nullptr ? error_of(message.get())->message : "";
}

}  // namespace naclip::testing
