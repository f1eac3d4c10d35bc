#include "source.h"

#include <gst/app/gstappsink.h>

#include <utility>

#include "words.h"

namespace naclip::live {
namespace {

/// A live source that gives no frame for so long has broken, whether it says so or not.
constexpr gint64 kSilence = 10 * G_USEC_PER_SEC;

/// What naclipoverlay draws on.
constexpr const char *kFormats = "video/x-raw,format={I420,NV12,RGB,BGR,RGBx,BGRx,RGBA,BGRA}";

/// ",width=..,height=..,framerate=.." of what was asked for.
std::string wanted(const SourceChoice &choice) {
  std::string fields;
  if (choice.width > 0) {
    fields += ",width=" + std::to_string(choice.width) + ",height=" + std::to_string(choice.height);
  }
  if (choice.rate > 0) fields += ",framerate=" + std::to_string(choice.rate) + "/1";
  return fields;
}

/// Locations are set as properties afterwards: they may hold any character.
std::string launch_text(const SourceChoice &choice) {
  const std::string fields = wanted(choice);
  const std::string sink = std::string(" ! videoconvert ! ") + kFormats +
                           " ! videoflip video-direction=auto" +
                           " ! appsink name=sink sync=false enable-last-sample=false" +
                           (choice.live() ? " max-buffers=1 drop=true" : " max-buffers=2");
  switch (choice.kind) {
    case SourceKind::kTest:
      return "videotestsrc name=source is-live=true pattern=" + choice.location + " ! video/x-raw" +
             (choice.width > 0 ? "" : ",width=640,height=480") + fields + sink;
    case SourceKind::kCamera:
      return "v4l2src name=source ! video/x-raw" + fields + ";image/jpeg" + fields +
             " ! decodebin" + sink;
    case SourceKind::kRtsp:
      return "rtspsrc name=source latency=200 ! application/x-rtp,media=video ! decodebin" + sink;
    case SourceKind::kFile:
      return "uridecodebin name=source" + sink;
    case SourceKind::kLaunch:
      return choice.location + " ! decodebin" + sink;
  }
  return "";
}

void set_location(const SourceChoice &choice, GstElement *pipeline) {
  g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
  switch (choice.kind) {
    case SourceKind::kCamera:
      g_object_set(source, "device", choice.location.c_str(), nullptr);
      break;
    case SourceKind::kRtsp:
      // What comes over TCP comes whole; rtspu:// and the like say what else is wanted.
      if (choice.location.starts_with("rtsp:"))
        gst_util_set_object_arg(G_OBJECT(source), "protocols", "tcp");
      g_object_set(source, "location", choice.location.c_str(), nullptr);
      break;
    case SourceKind::kFile:
      g_object_set(source, "uri", choice.location.c_str(), nullptr);
      break;
    case SourceKind::kTest:
    case SourceKind::kLaunch:
      break;
  }
}

}  // namespace

Source::Source(SourceChoice choice, SourceEvents events)
    : choice_(std::move(choice)), events_(std::move(events)) {}

Source::~Source() {
  stop();
}

void Source::start(GstClock *clock, GstClockTime base_time) {
  stop();
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) parsed = gst_parse_launch(launch_text(choice_).c_str(), &error);
  if (!parsed || error) {
    report(error ? error->message : "no pipeline");
    return;
  }
  pipeline_ = static_cast<GstElement *>(gst_object_ref_sink(g_steal_pointer(&parsed)));
  set_location(choice_, pipeline_);
  if (choice_.live()) {
    gst_pipeline_use_clock(GST_PIPELINE(pipeline_), clock);
    gst_element_set_start_time(pipeline_, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_, base_time);
    timer_ = g_timeout_add_seconds(1, look_for_frames, this);
  }
  last_frame_ = g_get_monotonic_time();

  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
  g_object_set(sink, "emit-signals", TRUE, nullptr);
  g_signal_connect(sink, "new-sample", G_CALLBACK(take_sample), this);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  watch_ = gst_bus_add_watch(bus, take_message, this);
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);  // a failure comes as a message too
}

void Source::stop() {
  if (timer_ != 0) g_source_remove(std::exchange(timer_, 0));
  if (watch_ != 0) g_source_remove(std::exchange(watch_, 0));
  if (pipeline_) gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_clear_object(&pipeline_);
}

GstFlowReturn Source::take_sample(GstElement *sink, gpointer self) {
  auto *source = static_cast<Source *>(self);
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
  if (!sample) return GST_FLOW_EOS;
  source->last_frame_ = g_get_monotonic_time();
  const GstClockTime time =
      gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                  GST_BUFFER_PTS(gst_sample_get_buffer(sample)));
  source->events_.frame(sample, time);
  return GST_FLOW_OK;
}

gboolean Source::take_message(GstBus *, GstMessage *message, gpointer self) {
  auto *source = static_cast<Source *>(self);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    source->report(source_failure(source->choice_, *error));
    return G_SOURCE_CONTINUE;  // or gone, with the pipeline
  }
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    if (source->choice_.kind == SourceKind::kRtsp) {
      source->report(source->choice_.name() + " has ended the stream");
    } else {
      source->events_.ended();
    }
  }
  return G_SOURCE_CONTINUE;
}

gboolean Source::look_for_frames(gpointer self) {
  auto *source = static_cast<Source *>(self);
  if (g_get_monotonic_time() - source->last_frame_ < kSilence) return G_SOURCE_CONTINUE;
  source->report("no picture from " + source->choice_.name() + " for " +
                 std::to_string(kSilence / G_USEC_PER_SEC) + " seconds");
  return G_SOURCE_CONTINUE;
}

void Source::report(const std::string &why) {
  events_.broken(why);
}

}  // namespace naclip::live
