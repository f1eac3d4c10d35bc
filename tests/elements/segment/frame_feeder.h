// Frames through one element without a harness, whose queue would allocate and take time.
#pragma once

#include <gst/gst.h>

#include <stdexcept>
#include <string>

#include "elements/support/ptr.h"

namespace naclip::testing {

/// Pushes frames into an element on the calling thread and drops what comes out.
class FrameFeeder {
 public:
  /// `line` is one element as gst-launch-1.0 writes it.
  FrameFeeder(const std::string &line, const std::string &caps)
      : element_(static_cast<GstElement *>(
            gst_object_ref_sink(gst_parse_launch(line.c_str(), nullptr)))),
        source_(sunk(gst_pad_new("source", GST_PAD_SRC))),
        sink_(sunk(gst_pad_new("sink", GST_PAD_SINK))) {
    gst_pad_set_chain_function(sink_.get(), drop);
    link(source_.get(), "sink");
    link(sink_.get(), "src");
    gst_pad_set_active(sink_.get(), TRUE);
    gst_pad_set_active(source_.get(), TRUE);
    if (gst_element_set_state(element_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
      throw std::runtime_error("cannot start: " + line);
    announce(caps);
  }
  ~FrameFeeder() { gst_element_set_state(element_.get(), GST_STATE_NULL); }
  FrameFeeder(const FrameFeeder &) = delete;
  FrameFeeder &operator=(const FrameFeeder &) = delete;

  /// What comes before the frames; again after the element was stopped.
  void announce(const std::string &caps) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_.get(), gst_event_new_stream_start("frames"));
    gst_pad_push_event(source_.get(),
                       gst_event_new_caps(Ptr<GstCaps>(gst_caps_from_string(caps.c_str())).get()));
    gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
  }
  GstElement *element() { return element_.get(); }
  GstFlowReturn push(Ptr<GstBuffer> frame) { return gst_pad_push(source_.get(), frame.release()); }

 private:
  static GstPad *sunk(GstPad *pad) { return static_cast<GstPad *>(gst_object_ref_sink(pad)); }
  static GstFlowReturn drop(GstPad *, GstObject *, GstBuffer *buffer) {
    gst_buffer_unref(buffer);
    return GST_FLOW_OK;
  }
  void link(GstPad *pad, const char *name) {
    const Ptr<GstPad> other(gst_element_get_static_pad(element_.get(), name));
    const bool forth = gst_pad_get_direction(pad) == GST_PAD_SRC;
    if (gst_pad_link(forth ? pad : other.get(), forth ? other.get() : pad) != GST_PAD_LINK_OK)
      throw std::runtime_error("cannot link");
  }

  Ptr<GstElement> element_;
  Ptr<GstPad> source_, sink_;
};

}  // namespace naclip::testing
