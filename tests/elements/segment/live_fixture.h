// naclipsegment on an engine that a test controls.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "elements/segment/naclipsegment.h"
#include "fake_engine.h"
#include "tests/elements/frames.h"
#include "tests/elements/segmentations.h"

namespace naclip::testing {

inline constexpr int kLiveWidth = 64, kLiveHeight = 48;

using Labels = std::vector<std::string>;

inline GstNaclipSegmentation *segmentation_on(const Ptr<GstBuffer> &frame) {
  const GstNaclipSegmentationMeta *meta =
      frame ? gst_buffer_get_naclip_segmentation_meta(frame.get()) : nullptr;
  return meta != nullptr ? meta->segmentation : nullptr;
}

/// A bright frame, all of which the fake engine labels with the vocabulary's last region.
inline Ptr<GstBuffer> frame_at(GstClockTime pts, std::uint8_t value = 200) {
  auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, kLiveWidth, kLiveHeight, 0, value);
  GST_BUFFER_PTS(frame.get()) = pts;
  return frame;
}

/// How an element starts.
struct Starting {};
inline constexpr Starting kStarting;

/// One element between two pads.
class LiveElement {
 public:
  /// It has started: the model is there, and the first vocabulary.
  explicit LiveElement(const std::string &line, bool live = true,
                       const std::string &caps = caps_of("GRAY8", kLiveWidth, kLiveHeight))
      : LiveElement(kStarting, line, live, caps) {
    messages_.wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  }
  /// It has begun to start.
  LiveElement(Starting, const std::string &line, bool live = true,
              const std::string &caps = caps_of("GRAY8", kLiveWidth, kLiveHeight))
      : element_(static_cast<GstElement *>(
            gst_object_ref_sink(gst_parse_launch(line.c_str(), nullptr)))),
        messages_(element_.get()),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")) {
    gst_harness_set_live(harness_.get(), live);
    gst_harness_set_src_caps_str(harness_.get(), caps.c_str());
  }

  GstHarness *harness() { return harness_.get(); }
  GstElement *get() { return element_.get(); }
  Messages &messages() { return messages_; }

  GstFlowReturn push(Ptr<GstBuffer> frame) {
    return gst_harness_push(harness_.get(), frame.release());
  }
  /// A frame in, the same one out; null where it did not come through.
  Ptr<GstBuffer> pass(Ptr<GstBuffer> frame) {
    if (push(std::move(frame)) != GST_FLOW_OK) return nullptr;
    return Ptr<GstBuffer>(gst_harness_pull(harness_.get()));
  }
  Ptr<GstBuffer> pass(GstClockTime pts) { return pass(frame_at(pts)); }

  void event(GstEvent *event) { gst_harness_push_event(harness_.get(), event); }
  void segment_event() {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    event(gst_event_new_segment(&segment));
  }
  bool saw_event(GstEventType type) {
    bool seen = false;
    while (const Ptr<GstEvent> next{gst_harness_try_pull_event(harness_.get())})
      seen = seen || GST_EVENT_TYPE(next.get()) == type;
    return seen;
  }

  guint64 statistic(const char *field) { return statistic_of(element_.get(), field); }
  guint count(const char *field) {
    guint value = 0;
    EXPECT_TRUE(gst_structure_get_uint(statistics_of(element_.get()).get(), field, &value))
        << field;
    return value;
  }

 private:
  Ptr<GstElement> element_;
  Messages messages_;
  Harness harness_;
};

class Live : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { GST_ELEMENT_REGISTER(naclipsegment, nullptr); }

  void SetUp() override {
    control_ = fresh_fake_engine();
    g_autofree gchar *path = g_dir_make_tmp("naclip-live-XXXXXX", nullptr);
    folder_ = path;
    write("model", "a model");
  }
  void TearDown() override {
    control_->fail(false);
    control_->wait_until_freed();
    EXPECT_EQ(control_->live_pictures, 0);
    EXPECT_EQ(control_->live_memories, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path(const std::string &name) const { return folder_ + "/" + name; }

  /// As an editor saves: beside the file, then in its place.
  void write(const std::string &name, const std::string &contents) const {
    ASSERT_TRUE(g_file_set_contents(path(name).c_str(), contents.data(),
                                    static_cast<gssize>(contents.size()), nullptr));
  }

  std::string line(const std::string &more) const {
    return "naclipsegment model=" + path("model") +
           " device=cpu carry=off vocabulary=\"cat; dog\" " + more;
  }

  /// The next frames until one has a mask of another source than `before`; that frame. Each frame
  /// but those that find the engine at work is a new chance.
  Ptr<GstBuffer> pass_until_fresh(LiveElement &element, GstClockTime &pts) {
    const auto first = element.pass(pts++);
    const auto source = source_of(first);
    for (;;) {
      auto frame = element.pass(pts++);
      if (!frame || source_of(frame) != source) return frame;
      std::this_thread::yield();
    }
  }
  static GstClockTime source_of(const Ptr<GstBuffer> &frame) {
    const GstNaclipSegmentation *segmentation = segmentation_on(frame);
    return segmentation != nullptr ? gst_naclip_segmentation_get_source_pts(segmentation)
                                   : GST_CLOCK_TIME_NONE;
  }

  std::shared_ptr<FakeControl> control_;
  std::string folder_;
};

}  // namespace naclip::testing
