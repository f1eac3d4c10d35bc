// Where the frames come from: a pipeline of its own, which may break and start again while the one
// that shows and records them goes on.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <string>

#include "choices.h"

namespace naclip::live {

/// What a source tells.
struct SourceEvents {
  /// A decoded frame, from a streaming thread; `time` is its running time, GST_CLOCK_TIME_NONE
  /// where it has none. Waits as long as it likes where the source is not live.
  std::function<void(GstSample *frame, GstClockTime time)> frame;
  /// Nothing more will come, and why: from the default main context.
  std::function<void(const std::string &why)> broken;
  /// The end of a source that has one, likewise.
  std::function<void()> ended;
};

class Source {
 public:
  /// Does not start yet.
  Source(SourceChoice choice, SourceEvents events);
  ~Source();
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;

  /// Starts, or starts again. Running times count from `base_time` of `clock`, where the source is
  /// live. What goes wrong arrives as the event `broken`.
  void start(GstClock *clock, GstClockTime base_time);
  void stop();

  const SourceChoice &choice() const { return choice_; }

 private:
  static GstFlowReturn take_sample(GstElement *sink, gpointer self);
  static gboolean take_message(GstBus *bus, GstMessage *message, gpointer self);
  static gboolean look_for_frames(gpointer self);
  void report(const std::string &why);

  SourceChoice choice_;
  SourceEvents events_;
  GstElement *pipeline_ = nullptr;
  guint watch_ = 0;
  guint timer_ = 0;
  std::atomic<gint64> last_frame_{0};  // monotonic time, microseconds
};

}  // namespace naclip::live
