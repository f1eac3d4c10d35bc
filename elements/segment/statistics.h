// What a stream of naclipsegment has cost so far.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstddef>
#include <mutex>

#include "elements/support/ptr.h"

namespace naclip {

/// Times of one kind: the last, the mean of all, and the 99th percentile of the newest thousand.
class LatencyFigures {
 public:
  void add(GstClockTime latency);
  GstClockTime last() const { return last_; }
  GstClockTime mean() const { return count_ > 0 ? total_ / count_ : 0; }
  GstClockTime percentile_99() const;

 private:
  static constexpr std::size_t kNewest = 1000;
  std::array<GstClockTime, kNewest> newest_{};  // a ring
  guint64 count_ = 0;
  GstClockTime last_ = 0, total_ = 0;
};

/// Counts and times since start. Thread-safe; adding takes nothing from the heap.
class SegmentStatistics {
 public:
  void add_frame();
  void add_carried();
  void add_error();
  /// `inference`: the network with all that belongs to it; `total`: from the frame's arrival until
  /// its mask was there; nanoseconds. batch: frames inferred together.
  void add_inference(GstClockTime inference, GstClockTime total, guint batch);

  /// The 99th percentile of `total`, nanoseconds; 0 where nothing was inferred.
  GstClockTime worst_total() const;

  /// `naclip-stats`: frames, inferred, skipped (not inferred), carried, errors (guint64);
  /// latency-last, -mean, -p99 of the inference and total-latency-last, -mean, -p99 from arrival to
  /// mask (guint64, ns); queue, batch (guint).
  Ptr<GstStructure> structure(guint queue) const;

 private:
  mutable std::mutex mutex_;
  guint64 frames_ = 0, inferred_ = 0, carried_ = 0, errors_ = 0;
  LatencyFigures inference_, total_;
  guint batch_ = 0;
};

}  // namespace naclip
