#include "recording_encoder.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <stdexcept>
#include <utility>

namespace naclip::live {
namespace {

constexpr const char *kTrack = "naclip-track";  ///< data of an appsink: the number of its track

/// appsinks are named for their tracks, so that the number of one is found again.
constexpr const char *kSinks[kTracks] = {"picture", "masks", "messages"};

std::string launch_text(bool annotations, bool live) {
  const std::string queue =
      "recorded. ! queue max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! ";
  const auto sink = [](Track track) {
    return " ! appsink sync=false async=false emit-signals=true name=" +
           std::string(kSinks[index_of(track)]) + " ";
  };
  std::string text = std::string("appsrc name=frames format=time max-bytes=0 max-buffers=4 ") +
                     (live ? "leaky-type=downstream" : "block=true") + " ! tee name=recorded " +
                     queue + picture_encoder() + sink(Track::kPicture);
  if (annotations)
    text += queue + masks_encoder() + sink(Track::kMasks) + queue + messages_encoder() +
            sink(Track::kMessages);
  return text;
}

}  // namespace

RecordingEncoder::RecordingEncoder(bool annotations, bool live,
                                   std::function<void(Track, GstSample *)> take,
                                   std::function<void(const std::string &)> failed)
    : take_(std::move(take)), failed_(std::move(failed)) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) parsed = gst_parse_launch(launch_text(annotations, live).c_str(), &error);
  if (!parsed || error) throw std::runtime_error(error ? error->message : "no pipeline");
  pipeline_ = static_cast<GstElement *>(gst_object_ref_sink(g_steal_pointer(&parsed)));
  GstBin *bin = GST_BIN(pipeline_);
  prepare_tracks(bin);
  frames_ = gst_bin_get_by_name(bin, "frames");
  for (std::size_t track = 0; track < kTracks; ++track) {
    g_autoptr(GstElement) sink = gst_bin_get_by_name(bin, kSinks[track]);
    if (!sink) continue;
    g_object_set_data(G_OBJECT(sink), kTrack, GSIZE_TO_POINTER(track));
    g_signal_connect(sink, "new-sample", G_CALLBACK(take_encoded), this);
  }
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  watch_ = gst_bus_add_watch(bus, take_message, this);
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
}

RecordingEncoder::~RecordingEncoder() {
  stop();
  gst_clear_object(&frames_);
  gst_clear_object(&pipeline_);
}

void RecordingEncoder::stop() {
  if (watch_ == 0) return;
  g_source_remove(std::exchange(watch_, 0));
  gst_element_set_state(pipeline_, GST_STATE_NULL);
}

void RecordingEncoder::push(GstSample *frame) {
  if (!std::exchange(begun_, true)) keep_size(GST_BIN(pipeline_), gst_sample_get_caps(frame));
  gst_app_src_push_sample(GST_APP_SRC(frames_), frame);
}

void RecordingEncoder::ask_keyframe() {
  g_autoptr(GstElement) picture =
      gst_bin_get_by_name(GST_BIN(pipeline_), kSinks[index_of(Track::kPicture)]);
  gst_element_send_event(picture,
                         gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void RecordingEncoder::drain(GstClockTime patience) {
  gst_app_src_end_of_stream(GST_APP_SRC(frames_));
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
      bus, patience, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
}

GstFlowReturn RecordingEncoder::take_encoded(GstElement *sink, gpointer self) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
  if (!sample) return GST_FLOW_EOS;
  const auto track = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(sink), kTrack));
  static_cast<RecordingEncoder *>(self)->take_(static_cast<Track>(track), sample);
  return GST_FLOW_OK;
}

gboolean RecordingEncoder::take_message(GstBus *, GstMessage *message, gpointer self) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return G_SOURCE_CONTINUE;
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  static_cast<RecordingEncoder *>(self)->failed_(error->message);
  return G_SOURCE_CONTINUE;
}

}  // namespace naclip::live
