// Whether frames wait for their masks, and what a live pipeline is told where they do.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <atomic>
#include <optional>

#include "elements/segment/settings.h"

namespace naclip {

/// Whether frames wait for their masks.
enum class Pace { kSync, kAsync };

/// The pace of one stream. Used by its streaming thread, but for what says otherwise.
class Pacing {
 public:
  /// `element` outlives this.
  explicit Pacing(GstBaseTransform *element) : element_(element) {}

  /// For a new stream.
  void reset();

  /// Of the next frame. Whether the source is live is asked with the first one.
  Pace pace(Mode mode);

  /// Whether the source is live; false before pace() was asked.
  bool live() const { return live_.value_or(false); }

  /// Records that a frame of a live source waited so many microseconds for its mask; `worst` is the
  /// 99th percentile of such waits, nanoseconds. Posts a LATENCY message if `worst` has grown, and
  /// warns once if many frames in a row wait longer than a frame's duration: sinks drop these.
  void waited(gint64 microseconds, GstClockTime worst, const GstVideoInfo &info);

  /// Adds the latency that was told to the answer of a LATENCY query. From any thread.
  void answer(GstQuery *query) const;

 private:
  void update_latency(GstClockTime worst);
  bool many_late(gint64 microseconds, const GstVideoInfo &info);

  GstBaseTransform *element_;
  std::optional<bool> live_;  // not known before the first frame
  int late_ = 0;              // frames in a row; -1 once it was told
  std::atomic<GstClockTime> told_ = 0;
};

}  // namespace naclip
