#include "encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <stdexcept>
#include <utility>

#include "examples/live/stream/retime.h"
#include "examples/live/stream/words.h"

namespace naclip::live::web {
namespace {

constexpr gint64 kKeyframePause = G_USEC_PER_SEC / 3;

}  // namespace

Encoder::Encoder(std::string elements, std::function<void(GstSample *)> taken,
                 std::function<void(const std::string &)> failed)
    : elements_(std::move(elements)), taken_(std::move(taken)), failed_(std::move(failed)) {}

Encoder::~Encoder() {
  stop();
}

void Encoder::start() {
  const std::string text =
      "appsrc name=frames is-live=true do-timestamp=true format=time leaky-type=downstream "
      "max-buffers=1 max-bytes=0 ! " +
      elements_ + " ! appsink name=encoded sync=false async=false emit-signals=true max-buffers=2";
  {
    const std::lock_guard lock(mutex_);
    if (pipeline_) return;
  }
  g_autoptr(GError) error = nullptr;
  GstElement *pipeline = gst_parse_launch(text.c_str(), &error);
  if (!pipeline || error) {
    gst_clear_object(&pipeline);
    throw std::runtime_error(error ? error->message : "no encoder");
  }
  gst_object_ref_sink(pipeline);
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "encoded");
  g_signal_connect(sink, "new-sample", G_CALLBACK(take), this);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  watch_ = gst_bus_add_watch(bus, take_message, this);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const std::lock_guard lock(mutex_);
  pipeline_ = pipeline;
}

void Encoder::stop() {
  GstElement *pipeline = nullptr;
  {
    const std::lock_guard lock(mutex_);
    pipeline = std::exchange(pipeline_, nullptr);
  }
  if (!pipeline) return;
  g_source_remove(watch_);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}

GstElement *Encoder::element(const char *name) {
  const std::lock_guard lock(mutex_);
  return pipeline_ ? gst_bin_get_by_name(GST_BIN(pipeline_), name) : nullptr;
}

void Encoder::push(GstSample *frame) {
  g_autoptr(GstElement) frames = element("frames");
  if (!frames) return;
  push_at(frames, frame, GST_CLOCK_TIME_NONE);  // when it arrives there
}

void Encoder::request_keyframe() {
  g_autoptr(GstElement) sink = element("encoded");
  if (!sink) return;
  {
    const std::lock_guard lock(mutex_);
    const gint64 now = g_get_monotonic_time();
    if (now < last_request_ + kKeyframePause) return;
    last_request_ = now;
  }
  g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
  gst_pad_push_event(pad,
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

GstClockTime Encoder::base_time() {
  const std::lock_guard lock(mutex_);
  return pipeline_ ? gst_element_get_base_time(pipeline_) : 0;
}

GstFlowReturn Encoder::take(GstElement *sink, gpointer self) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
  if (!sample) return GST_FLOW_EOS;
  static_cast<Encoder *>(self)->taken_(sample);
  return GST_FLOW_OK;
}

gboolean Encoder::take_message(GstBus *, GstMessage *message, gpointer self) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    static_cast<Encoder *>(self)->failed_(message_text(message));
  return G_SOURCE_CONTINUE;
}

}  // namespace naclip::live::web
