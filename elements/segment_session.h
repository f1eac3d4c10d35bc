// What exists of naclipsegment between start and stop: a model, an encoded vocabulary, the last
// mask.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "../model/segmenter.h"
#include "segment_settings.h"
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

/// Used by one thread at a time, but for statistics().
class SegmentSession {
 public:
  /// Loads the model and encodes the vocabulary. Throws Error of any kind.
  SegmentSession(const SegmentSettings &settings, Log log);

  /// Takes over a vocabulary that was changed since; encodes its new words. Throws Error and keeps
  /// the old vocabulary; the same text is not tried again.
  void update_vocabulary(const SegmentSettings &settings);

  /// The mask that a frame is to carry: its own where `interval` says so or there is none yet, else
  /// the last one. `fresh` tells which. Throws Error.
  GstNaclipSegmentation *next(GstBuffer *frame, const GstVideoInfo &info,
                              const SegmentSettings &settings, bool &fresh);

  /// Forgets the last mask: the next frame is inferred. After a flush and where the caps change.
  void forget();

  SegmentStatistics statistics() const;

 private:
  Ptr<GstNaclipSegmentation> infer(GstBuffer *frame, const GstVideoInfo &info,
                                   const SegmentSettings &settings);

  std::unique_ptr<Segmenter> segmenter_;
  std::shared_ptr<const Queries> queries_;
  std::string vocabulary_, vocabulary_file_;  // as last tried
  Ptr<GstNaclipSegmentation> last_;
  int since_inference_ = 0;
  mutable std::mutex mutex_;
  SegmentStatistics statistics_;
};

/// An element message for an inferred frame: `naclip-segmentation` with `pts` (guint64,
/// nanoseconds) and `regions`, a list of structures `region` {id, label, share, confidence}.
Ptr<GstStructure> segmentation_message(const GstNaclipSegmentation *segmentation);

}  // namespace naclip
