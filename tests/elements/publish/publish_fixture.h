// naclippublish or naclipjson in a harness, with masks that tests make.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "elements/publish/naclipjson.h"
#include "elements/publish/naclippublish.h"
#include "tests/elements/frames.h"
#include "tests/elements/publish/tools.h"
#include "tests/elements/segmentations.h"

namespace naclip::testing {

using Names = std::vector<std::string>;

/// Frames are ten a second.
inline constexpr GstClockTime kFrameTime = GST_SECOND / 10;

/// A harness around one element, `line` as gst-launch-1.0 writes it, and frames for it.
class MessageHarness {
 public:
  explicit MessageHarness(const std::string &line, int width = 8, int height = 4)
      : width_(width),
        height_(height),
        element_(make(line)),
        messages_(element_.get()),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    gst_harness_set_src_caps_str(harness_.get(), caps_of("GRAY8", width, height).c_str());
  }

  GstElement *element() { return element_.get(); }
  GstHarness *harness() { return harness_.get(); }
  Messages &messages() { return messages_; }

  void set(const char *property, const char *value) {
    gst_util_set_object_arg(G_OBJECT(element_.get()), property, value);
  }
  void event(GstEvent *event) { gst_harness_push_event(harness_.get(), event); }
  /// The stream's end: all has been sent when this returns.
  void end() { event(gst_event_new_eos()); }
  void stop() { gst_element_set_state(element_.get(), GST_STATE_NULL); }

  /// The `number`th frame, without a mask.
  Ptr<GstBuffer> frame(int number) const {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_GRAY8, width_, height_);
    GST_BUFFER_PTS(frame.get()) = static_cast<GstClockTime>(number) * kFrameTime;
    return frame;
  }
  /// The same with a mask of its size, computed from the frame `from`.
  Ptr<GstBuffer> frame(int number, std::vector<std::uint8_t> ids, int from,
                       const Names &labels = {"background", "person", "car"}) const {
    Ptr<GstBuffer> result = frame(number);
    ids.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
    attach(result.get(),
           make_segmentation(width_, height_, ids, labels,
                             static_cast<GstClockTime>(from) * kFrameTime)
               .get(),
           width_, height_);
    return result;
  }
  /// With a mask of its own.
  Ptr<GstBuffer> masked(int number) const { return frame(number, {0, 1}, number); }
  /// With one whose person has this share.
  Ptr<GstBuffer> shared(int number, double share) const {
    Ptr<GstBuffer> result = frame(number);
    const Ptr<GstBuffer> mask = make_mask<std::uint8_t>(1, 1, {0});
    const GstNaclipRegion regions[] = {{"background", 0, 1 - share, 0.5},
                                       {"person", 1, share, 0.5}};
    const Ptr<GstNaclipSegmentation> segmentation(gst_naclip_segmentation_new(
        mask.get(), regions, 2, "segmenter", GST_BUFFER_PTS(result.get())));
    attach(result.get(), segmentation.get(), width_, height_);
    return result;
  }

  GstFlowReturn push(Ptr<GstBuffer> frame) {
    return gst_harness_push(harness_.get(), frame.release());
  }

  /// The text of the next warning, which is waited for; empty where there is none in a minute.
  std::string warning() {
    const Ptr<GstMessage> message = messages_.wait_for(GST_MESSAGE_WARNING);
    return message != nullptr ? error_of(message.get())->message : "";
  }
  /// Of those that are there already.
  bool has_warning() { return messages_.next(GST_MESSAGE_WARNING) != nullptr; }

 private:
  static Ptr<GstElement> make(const std::string &line) {
    GST_ELEMENT_REGISTER(naclipjson, nullptr);
    GST_ELEMENT_REGISTER(naclippublish, nullptr);
    GError *error = nullptr;
    GstElement *element = gst_parse_launch(line.c_str(), &error);
    EXPECT_EQ(error, nullptr) << error->message;
    return Ptr<GstElement>(static_cast<GstElement *>(gst_object_ref_sink(element)));
  }

  int width_, height_;
  Ptr<GstElement> element_;
  Messages messages_;
  Harness harness_;
};

/// naclippublish with these properties. Its camera is `door`. The stream's end waits a minute for a
/// busy machine, unless they say otherwise.
class Publish : public MessageHarness {
 public:
  explicit Publish(const std::string &properties, int width = 8, int height = 4)
      : MessageHarness("naclippublish source=door drain-timeout=60000 " + properties, width,
                       height) {}

  guint64 statistic(const char *field) { return statistic_of(element(), field); }
  bool connected() {
    gboolean connected = FALSE;
    gst_structure_get_boolean(statistics_of(element()).get(), "connected", &connected);
    return connected != FALSE;
  }
};

/// Those of a type, such as `frame`.
inline std::vector<std::string> of_type(const std::string &type,
                                        const std::vector<std::string> &messages) {
  std::vector<std::string> chosen;
  for (const std::string &message : messages)
    if (text_at(message, "$.type") == type) chosen.push_back(message);
  return chosen;
}

/// What they have at a path, separated by blanks.
inline std::string all_at(const std::string &path, const std::vector<std::string> &messages) {
  std::string all;
  for (const std::string &message : messages)
    all += (all.empty() ? "" : " ") + text_at(message, path);
  return all;
}

/// With a file in a folder of its own.
class PublishFile : public ::testing::Test {
 protected:
  std::string location() const { return "location=" + folder_.file("out.jsonl") + " "; }
  /// All lines so far; after Publish::end() those of all frames before it.
  std::vector<std::string> lines() const {
    const std::vector<std::string> lines = lines_in(folder_.file("out.jsonl"));
    SchemaCheck::add(lines);
    return lines;
  }
  std::vector<std::string> frames() const { return of_type("frame", lines()); }
  std::string sequences() const { return all_at("$.sequence", frames()); }

  Folder folder_;
};

}  // namespace naclip::testing
