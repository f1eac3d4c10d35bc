#include "output.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <utility>

#include "properties.h"
#include "retime.h"
#include "tracks.h"

namespace naclip::live {
namespace {

std::string file_branch(const Options &options) {
  const std::string queue = " ! queue max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! ";
  const std::string from = options.recording.plain ? " masked." : " split.";
  if (!options.recording.annotations)
    return from + queue + picture_encoder() + " ! " +
           (options.output.ends_with(".webm") ? "webmmux" : "matroskamux") +
           " ! filesink name=file";
  // The muxer waits for all tracks: a query about memory, which waits in a queue, would wait for ever.
  const std::string branch = " recorded." + queue;
  return from + " ! identity drop-allocation=true ! tee name=recorded" + branch +
         picture_encoder() + " ! " + track_name(title_of(Track::kPicture)) +
         " ! matroskamux name=tracks ! filesink name=file" + branch + masks_encoder() + " ! " +
         track_name(title_of(Track::kMasks)) + " ! tracks." + branch + messages_encoder() + " ! " +
         track_name(title_of(Track::kMessages)) + " ! tracks.";
}

std::string launch_text(const Options &options) {
  const bool live = options.source.live();
  // Live frames are shown as soon as they are there, others at their time.
  const std::string sync = live ? "false" : "true";
  const std::string queue =
      std::string(" split. ! queue max-size-buffers=2 max-size-bytes=0 max-size-time=0") +
      (live ? " leaky=downstream" : "");
  std::string text = std::string("appsrc name=frames format=time max-bytes=0 max-buffers=2 ") +
                     (live ? "is-live=true leaky-type=downstream" : "block=true") +
                     " ! naclipsegment name=segment" +
                     (options.recording.rules.empty() ? "" : " ! naclipzones name=zones") +
                     (options.recording.plain ? " ! tee name=masked" : "") +
                     " ! naclipoverlay name=overlay ! tee name=split";
  // A window that is gone must not stop the file.
  if (options.window) {
    text += queue +
            " ! errorignore convert-to=ok ! videoconvert ! autovideosink name=window sync=" + sync;
  }
  if (!options.output.empty()) text += file_branch(options);
  if (options.serve) {
    text += queue + " ! appsink name=served drop=true max-buffers=1 sync=" + sync;
  }
  if (options.web) {
    text += queue + " ! appsink name=shown drop=true max-buffers=1 sync=" + sync + queue +
            " ! naclipjson source=live content=shares+rle when=every min-interval=200 "
            "! appsink name=messages sync=" +
            sync;
  }
  if (!options.window && options.output.empty() && !options.serve && !options.web) {
    text += " split. ! fakesink sync=false";
  }
  return text;
}

}  // namespace

Output::Output(const Options &options, std::function<void(GstMessage *)> message)
    : live_(options.source.live()), message_(std::move(message)) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) parsed = gst_parse_launch(launch_text(options).c_str(), &error);
  if (!parsed || error) throw std::runtime_error(error ? error->message : "no pipeline");
  if (options.serve) rtsp_ = std::make_unique<RtspOutput>(*options.serve);
  pipeline_ = static_cast<GstElement *>(gst_object_ref_sink(g_steal_pointer(&parsed)));
  GstBin *bin = GST_BIN(pipeline_);
  frames_ = gst_bin_get_by_name(bin, "frames");
  segment_ = gst_bin_get_by_name(bin, "segment");
  overlay_ = gst_bin_get_by_name(bin, "overlay");

  for (const auto &[name, value] : options.segment) {
    set_from_text(G_OBJECT(segment_), name, value);
  }
  for (const auto &[name, value] : options.overlay) {
    set_from_text(G_OBJECT(overlay_), name, value);
  }
  if (g_autoptr(GstElement) file = gst_bin_get_by_name(bin, "file"); file) {
    g_object_set(file, "location", options.output.c_str(), nullptr);
  }
  if (rtsp_) take_samples("served", [this](GstSample *frame) { rtsp_->push(frame); });
  g_autoptr(GstPad) drawn = gst_element_get_static_pad(overlay_, "src");
  gst_pad_add_probe(drawn, GST_PAD_PROBE_TYPE_BUFFER, take_drawn, this, nullptr);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  watch_ = gst_bus_add_watch(bus, take_message, this);
  prepare_tracks(bin);
  watch_for_recordings(options.recording);
}

Output::~Output() {
  if (watch_ != 0) g_source_remove(watch_);
  if (recorder_) recorder_->end();
  stop();
  recorder_.reset();
  rtsp_.reset();
  gst_clear_object(&frames_);
  gst_clear_object(&segment_);
  gst_clear_object(&overlay_);
  gst_clear_object(&pipeline_);
  if (last_) gst_naclip_segmentation_unref(last_);
}

void Output::watch_for_recordings(const RecordingChoice &choice) {
  recorder_ = std::make_unique<Recorder>(pipeline_, choice, live_);
  g_autoptr(GstElement) zones = gst_bin_get_by_name(GST_BIN(pipeline_), "zones");
  GstElement *masked = zones ? zones : segment_;
  g_autoptr(GstPad) recorded = gst_element_get_static_pad(choice.plain ? masked : overlay_, "src");
  gst_pad_add_probe(recorded, GST_PAD_PROBE_TYPE_BUFFER, take_recorded, this, nullptr);
  if (!zones) return;
  g_object_set(zones, "rules", choice.rules.c_str(), nullptr);
  // In the stream's thread, since an event comes before its frame.
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  gst_bus_set_sync_handler(bus, take_event, this, nullptr);
}

GstPadProbeReturn Output::take_recorded(GstPad *pad, GstPadProbeInfo *info, gpointer self) {
  static_cast<Output *>(self)->recorder_->push(pad, GST_PAD_PROBE_INFO_BUFFER(info));
  return GST_PAD_PROBE_OK;
}

GstBusSyncReply Output::take_event(GstBus *, GstMessage *message, gpointer self) {
  const GstStructure *structure = gst_message_get_structure(message);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT &&
      gst_structure_has_name(structure, "naclip-event"))
    static_cast<Output *>(self)->recorder_->event(*structure);
  return GST_BUS_PASS;
}

void Output::end_recordings() {
  recorder_->end();
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  while (g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT))
    message_(message);
}

bool Output::start(GstClock *clock) {
  gst_pipeline_use_clock(GST_PIPELINE(pipeline_), clock);
  if (gst_element_set_state(pipeline_, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE) return false;
  if (live_) {
    // Time begins once the camera is open and the elements are started.
    gst_element_set_start_time(pipeline_, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_, gst_clock_get_time(clock));
  }
  return gst_element_set_state(pipeline_, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

GstClockTime Output::live_time(GstClockTime time) const {
  g_autoptr(GstClock) clock = gst_pipeline_get_clock(GST_PIPELINE(pipeline_));
  const GstClockTime now = gst_clock_get_time(clock) - base_time();
  const GstClockTime last = last_time_;
  // A source that lost its clock, or that came back with an earlier one, is taken to be on time.
  const bool sensible =
      GST_CLOCK_TIME_IS_VALID(time) && time <= now + GST_SECOND && time + 5 * GST_SECOND >= now;
  if (!sensible) time = now;
  return GST_CLOCK_TIME_IS_VALID(last) && time <= last ? last + GST_MSECOND : time;
}

void Output::push(GstSample *frame, GstClockTime time) {
  if (live_) time = live_time(time);
  if (!has_begun()) keep_size(GST_BIN(pipeline_), gst_sample_get_caps(frame));
  last_time_ = time;
  push_at(frames_, frame, time);
}

void Output::end() {
  gst_app_src_end_of_stream(GST_APP_SRC(frames_));
}

void Output::stop() {
  if (pipeline_) gst_element_set_state(pipeline_, GST_STATE_NULL);
}

GstPadProbeReturn Output::take_drawn(GstPad *, GstPadProbeInfo *info, gpointer self) {
  auto *output = static_cast<Output *>(self);
  GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER(info);
  const GstNaclipSegmentationMeta *meta = gst_buffer_get_naclip_segmentation_meta(frame);
  g_autoptr(GstClock) clock = gst_pipeline_get_clock(GST_PIPELINE(output->pipeline_));
  const GstClockTimeDiff now = GST_CLOCK_DIFF(output->base_time(), gst_clock_get_time(clock));

  const std::lock_guard lock(output->mutex_);
  ++output->drawn_;
  if (output->live_) output->latency_ = now - static_cast<GstClockTimeDiff>(GST_BUFFER_PTS(frame));
  output->age_.reset();
  if (!meta) return GST_PAD_PROBE_OK;
  const GstClockTime age = gst_naclip_segmentation_meta_get_age(meta, frame);
  if (GST_CLOCK_TIME_IS_VALID(age)) output->age_ = age;
  if (output->last_) gst_naclip_segmentation_unref(output->last_);
  output->last_ = gst_naclip_segmentation_ref(meta->segmentation);
  return GST_PAD_PROBE_OK;
}

void Output::take_samples(const char *name, std::function<void(GstSample *)> take) {
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline_), name);
  if (!sink) return;
  takers_.push_back(std::make_unique<std::function<void(GstSample *)>>(std::move(take)));
  g_object_set(sink, "emit-signals", TRUE, nullptr);
  g_signal_connect(sink, "new-sample", G_CALLBACK(take_sample), takers_.back().get());
}

void Output::set_page(std::function<void(GstSample *)> frame,
                      std::function<void(GstSample *)> messages) {
  take_samples("shown", std::move(frame));
  take_samples("messages", std::move(messages));
}

GstFlowReturn Output::take_sample(GstElement *sink, gpointer take) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
  if (!sample) return GST_FLOW_EOS;
  (*static_cast<std::function<void(GstSample *)> *>(take))(sample);
  return GST_FLOW_OK;
}

gboolean Output::take_message(GstBus *, GstMessage *message, gpointer self) {
  static_cast<Output *>(self)->message_(message);
  return G_SOURCE_CONTINUE;
}

bool Output::is_window_closed(GstMessage *message) const {
  g_autoptr(GstElement) window = gst_bin_get_by_name(GST_BIN(pipeline_), "window");
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  // All of GStreamer's windows tell it so; a display that cannot be opened or is lost has other
  // codes.
  return window && has_begun() &&
         gst_object_has_as_ancestor(GST_MESSAGE_SRC(message), GST_OBJECT(window)) &&
         g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}

Progress Output::progress() {
  Progress progress;
  g_autoptr(GstStructure) stats = nullptr;
  g_object_get(segment_, "stats", &stats, nullptr);
  if (stats) {
    gst_structure_get_uint64(stats, "inferred", &progress.inferred);
    gst_structure_get_uint64(stats, "latency-last", &progress.inference);
  }
  const std::lock_guard lock(mutex_);
  progress.frames = drawn_;
  progress.age = age_;
  progress.latency = latency_;
  // Region 0 is nothing.
  const guint count = last_ ? gst_naclip_segmentation_get_n_regions(last_) : 0;
  for (guint id = 1; id < count; ++id) {
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(last_, id);
    progress.shares.emplace_back(region->label, region->share);
  }
  std::stable_sort(progress.shares.begin(), progress.shares.end(),
                   [](const auto &one, const auto &other) { return one.second > other.second; });
  return progress;
}

}  // namespace naclip::live
