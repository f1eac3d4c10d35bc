// What becomes of the frames: masks, drawn onto them, to a window, a file and viewers by RTSP.
#pragma once

#include <gst/gst.h>
#include <gst/naclip/naclipmeta.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "choices.h"
#include "recorder.h"
#include "rtsp_output.h"

namespace naclip::live {

/// The state of things at one moment.
struct Progress {
  guint64 frames = 0;                       ///< that have come through
  guint64 inferred = 0;                     ///< of them with a mask of their own
  GstClockTime inference = 0;               ///< time of the last inference, ns
  std::optional<GstClockTime> age;          ///< of the last frame's mask, where it is known
  std::optional<GstClockTimeDiff> latency;  ///< from the camera to after drawing, where it is live
  /// Labels and their shares of the picture, the largest first, without nothing and background.
  std::vector<std::pair<std::string, double>> shares;
};

class Output {
 public:
  /// Loads nothing yet. Throws UsageError for properties that are not there, std::runtime_error
  /// where elements are missing or the port is taken. `message` is called from the default main
  /// context for everything on the pipeline's bus.
  Output(const Options &options, std::function<void(GstMessage *)> message);
  ~Output();
  Output(const Output &) = delete;
  Output &operator=(const Output &) = delete;

  /// Whom the page's branch gives frames with what was drawn onto them, and naclipjson's messages,
  /// each from a streaming thread. Belongs before start().
  void set_page(std::function<void(GstSample *)> frame, std::function<void(GstSample *)> messages);

  /// Loads the model and waits for frames; false where that failed, with the reason on the bus.
  bool start(GstClock *clock);
  /// Running times of live sources count from here.
  GstClockTime base_time() const { return gst_element_get_base_time(pipeline_); }

  /// From a streaming thread. Waits while others are in work where the source is not live; else the
  /// newest replaces the one that waits.
  void push(GstSample *frame, GstClockTime time);
  /// No frame comes after this; what is in work is finished, and a message EOS follows.
  void end();
  /// At once; whoever was given frames is given none after it.
  void stop();
  /// Whether end() has anything to finish.
  bool has_begun() const { return last_time_ != GST_CLOCK_TIME_NONE; }

  /// Whether an error message says no more than that the user closed the window.
  bool is_window_closed(GstMessage *message) const;

  /// See Recorder. On the main thread.
  void start_recording() { recorder_->start(); }
  RecordingState stop_recording() { return recorder_->stop(); }
  RecordingState recording() const { return recorder_->state(); }
  /// After the last frame: finishes all recordings, and passes on what there is to say of them.
  void end_recordings();

  Progress progress();
  GstElement *segment() const { return segment_; }
  GstElement *overlay() const { return overlay_; }
  /// Where viewers find it; empty where nothing is served.
  std::string address() const { return rtsp_ ? rtsp_->address() : ""; }

 private:
  static GstPadProbeReturn take_drawn(GstPad *pad, GstPadProbeInfo *info, gpointer self);
  static GstFlowReturn take_sample(GstElement *sink, gpointer take);
  static GstPadProbeReturn take_recorded(GstPad *pad, GstPadProbeInfo *info, gpointer self);
  static GstBusSyncReply take_event(GstBus *bus, GstMessage *message, gpointer self);
  static gboolean take_message(GstBus *bus, GstMessage *message, gpointer self);
  void take_samples(const char *name, std::function<void(GstSample *)> take);
  GstClockTime live_time(GstClockTime time) const;
  void watch_for_recordings(const RecordingChoice &choice);

  const bool live_;
  std::function<void(GstMessage *)> message_;
  std::unique_ptr<RtspOutput> rtsp_;
  std::unique_ptr<Recorder> recorder_;
  GstElement *pipeline_ = nullptr;
  GstElement *frames_ = nullptr;   // appsrc
  GstElement *segment_ = nullptr;  // naclipsegment
  GstElement *overlay_ = nullptr;  // naclipoverlay
  guint watch_ = 0;
  std::vector<std::unique_ptr<std::function<void(GstSample *)>>> takers_;
  std::atomic<GstClockTime> last_time_{GST_CLOCK_TIME_NONE};  // of the last frame pushed

  std::mutex mutex_;  // guards the rest
  guint64 drawn_ = 0;
  std::optional<GstClockTime> age_;
  std::optional<GstClockTimeDiff> latency_;
  GstNaclipSegmentation *last_ = nullptr;
};

}  // namespace naclip::live
