// What exists of naclipsegment between start and stop: a model, an encoded vocabulary, the last
// mask.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "../model/segmenter.h"
#include "segment_settings.h"
#include "support/analytics.h"
#include "support/mapped_frame.h"
#include "support/ptr.h"

namespace naclip {

/// Counts and times since start; latencies in nanoseconds.
struct SegmentStatistics {
  guint64 frames = 0;
  guint64 inferred = 0;
  guint64 skipped = 0;
  GstClockTime last_latency = 0;
  GstClockTime total_latency = 0;

  /// As the property `stats` shows it.
  Ptr<GstStructure> structure() const;
};

/// Used by one thread at a time, but for statistics(). A frame that gets the last mask costs no
/// allocation here.
class SegmentSession {
 public:
  /// Loads the model and encodes the vocabulary. Throws Error of any kind.
  SegmentSession(std::shared_ptr<const SegmentSettings> settings, Log log);

  /// Takes over settings that were changed since, told by another object; encodes a vocabulary's
  /// new words. Throws Error and keeps the old vocabulary; the same text is not tried again.
  void update(std::shared_ptr<const SegmentSettings> settings);

  const SegmentSettings &settings() const { return *settings_; }

  /// The mask that a frame is to carry: its own where `interval` says so or there is none yet, else
  /// the last one. `fresh` tells which. Throws Error.
  GstNaclipSegmentation *next(GstBuffer *frame, const GstVideoInfo &info, bool &fresh);

  /// What to say of that mask in the terms of GStreamer's analytics library.
  AnalyticsTerms &analytics() { return analytics_; }

  /// Forgets the last mask: the next frame is inferred. After a flush and where the caps change.
  void forget();

  SegmentStatistics statistics() const;

 private:
  Ptr<GstNaclipSegmentation> infer(GstBuffer *frame, const GstVideoInfo &info);

  std::unique_ptr<Segmenter> segmenter_;
  std::shared_ptr<const Queries> queries_;
  std::shared_ptr<const SegmentSettings> settings_;
  InferenceOptions options_;  // of settings_
  Ptr<GstNaclipSegmentation> last_;
  AnalyticsTerms analytics_;  // of last_
  int since_inference_ = 0;
  mutable std::mutex mutex_;
  SegmentStatistics statistics_;
};

/// An element message for an inferred frame: `naclip-segmentation` with `pts` (guint64,
/// nanoseconds) and `regions`, a list of structures `region` {id, label, share, confidence}.
Ptr<GstStructure> segmentation_message(const GstNaclipSegmentation *segmentation);

}  // namespace naclip
