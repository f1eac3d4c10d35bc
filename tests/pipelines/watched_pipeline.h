// A pipeline in this process whose last element's frames are looked at.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include <gst/naclip/naclipmeta.h>

#include "tests/golden_folder.h"

namespace naclip::pipelines {

/// naclipsegment with the tiny model, quick.
inline std::string tiny_segment(const std::string &more) {
  return "naclipsegment name=segment device=cpu model=" + test::data_folder() +
         "/golden/tiny-openai.safetensors prompts=none input-size=64 window-size=0 refine-steps=1 "
         "refine-dilations=1 vocabulary=\"cat; dog\" " +
         more;
}

/// Runs a launch line that ends in `fakesink name=out`. Each frame there is checked: it is of the
/// segment that plays, and its mask, if it has one, is of that segment too and has the frame's
/// shape.
class WatchedPipeline {
 public:
  explicit WatchedPipeline(const std::string &line) {
    GError *error = nullptr;
    pipeline_ = gst_parse_launch(line.c_str(), &error);
    if (error != nullptr) {
      ADD_FAILURE() << error->message;
      g_error_free(error);
    }
    GstElement *out = get("out");
    GstPad *pad = gst_element_get_static_pad(out, "sink");
    gst_pad_add_probe(pad,
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                      see, this, nullptr);
    gst_object_unref(pad);
    gst_object_unref(out);
  }
  ~WatchedPipeline() {
    set(GST_STATE_NULL);
    EXPECT_EQ(error(), "");
    gst_object_unref(pipeline_);
  }
  WatchedPipeline(const WatchedPipeline &) = delete;
  WatchedPipeline &operator=(const WatchedPipeline &) = delete;

  GstElement *pipeline() { return pipeline_; }
  /// A new reference.
  GstElement *get(const char *name) { return gst_bin_get_by_name(GST_BIN(pipeline_), name); }

  GstStateChangeReturn set(GstState state) { return gst_element_set_state(pipeline_, state); }
  void set_property(const char *element, const char *property, const char *value) {
    GstElement *found = get(element);
    gst_util_set_object_arg(G_OBJECT(found), property, value);
    gst_object_unref(found);
  }

  /// Waits for `count` more frames than there were.
  void wait_for_frames(int count, int before) {
    wait([this, target = before + count] { return frames_ >= target; });
  }
  void wait_for_frames(int count) { wait_for_frames(count, frames()); }
  /// Waits for masks of `count` more inferences.
  void wait_for_masks(int count) {
    wait([this, target = masks() + count] { return masks_ >= target; });
  }
  int frames() {
    const std::lock_guard lock(mutex_);
    return frames_;
  }
  int masks() {
    const std::lock_guard lock(mutex_);
    return masks_;
  }
  int width() {
    const std::lock_guard lock(mutex_);
    return width_;
  }
  /// Waits for a message of these types and gives its type's name.
  std::string wait_for_message(GstMessageType types) {
    GstBus *bus = gst_element_get_bus(pipeline_);
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, 120 * GST_SECOND, static_cast<GstMessageType>(types | GST_MESSAGE_ERROR));
    gst_object_unref(bus);
    if (message == nullptr) return "none";
    std::string name = GST_MESSAGE_TYPE_NAME(message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) name = text_of(message);
    gst_message_unref(message);
    return name;
  }
  /// The first error message's text, empty where there is none.
  std::string error() {
    GstBus *bus = gst_element_get_bus(pipeline_);
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    gst_object_unref(bus);
    if (message == nullptr) return "";
    const std::string text = text_of(message);
    gst_message_unref(message);
    return text;
  }

 private:
  static std::string text_of(GstMessage *message) {
    GError *error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const std::string text = error->message;
    g_error_free(error);
    return text;
  }

  template <class Condition>
  void wait(Condition &&condition) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(120), condition))
        << frames_ << " frames, " << masks_ << " masks";
  }

  static GstPadProbeReturn see(GstPad *pad, GstPadProbeInfo *info, gpointer self) {
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
      static_cast<WatchedPipeline *>(self)->see_frame(pad, GST_PAD_PROBE_INFO_BUFFER(info));
    else
      static_cast<WatchedPipeline *>(self)->see_event(GST_PAD_PROBE_INFO_EVENT(info));
    return GST_PAD_PROBE_OK;
  }

  void see_event(GstEvent *event) {
    const std::lock_guard lock(mutex_);
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
      const GstSegment *segment = nullptr;
      gst_event_parse_segment(event, &segment);
      begin_ = segment->start;
      last_source_ = GST_CLOCK_TIME_NONE;
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps *caps = nullptr;
      gst_event_parse_caps(event, &caps);
      GstVideoInfo info;
      gst_video_info_from_caps(&info, caps);
      width_ = info.width;
      pixel_aspect_ = static_cast<double>(info.par_n) / info.par_d;
      height_ = info.height;
    }
  }

  void see_frame(GstPad *, GstBuffer *frame) {
    const std::lock_guard lock(mutex_);
    ++frames_;
    const GstNaclipSegmentationMeta *meta = gst_buffer_get_naclip_segmentation_meta(frame);
    if (meta != nullptr) {
      const GstClockTime source = gst_naclip_segmentation_get_source_pts(meta->segmentation);
      if (source != last_source_) ++masks_;
      last_source_ = source;
      EXPECT_GE(source + GST_SECOND / 10, begin_) << "a mask from before the seek";
      EXPECT_LE(source, GST_BUFFER_PTS(frame));
      EXPECT_EQ(meta->width, static_cast<guint>(width_));
      EXPECT_EQ(meta->height, static_cast<guint>(height_));
      // The short side is 64; the long one follows the shape in which the frame is displayed.
      const double shape = pixel_aspect_ * width_ / height_;
      const double mask =
          static_cast<double>(gst_naclip_segmentation_get_width(meta->segmentation)) /
          gst_naclip_segmentation_get_height(meta->segmentation);
      EXPECT_NEAR(mask / shape, 1.0, 0.3) << "a mask of another picture's shape";
    }
    changed_.notify_all();
  }

  GstElement *pipeline_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  int frames_ = 0, masks_ = 0, width_ = 0, height_ = 0;
  double pixel_aspect_ = 1.0;
  GstClockTime begin_ = 0, last_source_ = GST_CLOCK_TIME_NONE;
};

}  // namespace naclip::pipelines
