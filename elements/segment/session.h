// What exists of naclipsegment between start and stop: its place at a shared model, its vocabulary,
// the last mask.
#pragma once

#include <gst/gst.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "elements/segment/model_loader.h"
#include "elements/segment/pacing.h"
#include "elements/segment/presence.h"
#include "elements/segment/reports.h"
#include "elements/segment/settings.h"
#include "elements/segment/statistics.h"
#include "elements/support/analytics.h"
#include "elements/support/mapped_frame.h"
#include "elements/support/ptr.h"
#include "model/motion/mask_carrier.h"
#include "model/sharing/shared_models.h"

namespace naclip {

/// One stream. Used by one thread at a time, but for what says otherwise. A frame that gets the
/// last mask as it is costs no allocation here.
class SegmentSession {
 public:
  /// Makes the quick checks and begins to load the model and to encode the vocabulary, on a thread
  /// of its own. What fails there is reported, once. `current_settings` and `reports` may be called
  /// from any thread, also after the session is destroyed; `name` is the element's name, stored in
  /// its masks. Throws Error{kSettings | kVocabulary | kNotFound | kRead | kMemory}.
  SegmentSession(LiveVocabulary::CurrentSettings current_settings, SegmentReports reports,
                 std::string name);

  /// What one frame is to carry.
  struct OptionalMask {
    GstNaclipSegmentation *segmentation = nullptr;  ///< null: none; good until the next call
    bool fresh = false;           ///< it was not there for the frame before, and is not carried
    bool new_vocabulary = false;  ///< the first one of another vocabulary than before
    bool interrupted = false;     ///< there is no answer: interrupt() was called
    bool failed = false;          ///< there will be none: starting failed, which was reported
  };
  /// The mask for the next frame; none with kAsync while the model loads, for which kSync waits.
  /// Throws Error where this frame or, with kAsync, an earlier one cannot be segmented and on-error
  /// is fail.
  OptionalMask next(GstBuffer *frame, const GstVideoInfo &info, Pace pace);

  const SegmentSettings &settings() const { return *settings_; }
  /// What to say of that mask in the terms of GStreamer's analytics library.
  AnalyticsTerms &analytics() { return carried_ ? carried_terms_ : last_terms_; }
  /// That mask's vocabulary.
  const Vocabulary &vocabulary() const { return last_vocabulary_->vocabulary(); }

  /// Forgets masks and frames in work: the next frame is inferred. After a flush and where the caps
  /// change.
  void forget();

  /// The vocabulary's properties may have changed. From any thread; does not wait.
  void vocabulary_changed() { loader_.vocabulary().settings_changed(); }

  /// Whether there is no model or no vocabulary yet. From any thread.
  bool loading() const { return loader_.state() == SegmentLoader::State::kLoading; }

  /// Has next() return, now and until resume(). From any thread.
  void interrupt();
  void resume();

  /// `naclip-stats`, see SegmentStatistics. From any thread.
  Ptr<GstStructure> statistics() const;
  /// What a frame waits for its mask at worst, as measured; nanoseconds. From any thread.
  GstClockTime worst_latency() const { return statistics_.worst_total(); }

 private:
  /// A frame whose mask is to come.
  struct Pending {
    std::uint64_t number;
    GstClockTime pts;
    gint64 arrival;  // monotonic, microseconds
    FlowPicture flow;
  };
  /// A frame's pictures, made when they are first asked for.
  class FrameReader;

  void join_model();
  OptionalMask mask_of(GstBuffer *frame, const GstVideoInfo &info, Pace pace);
  OptionalMask next_in_sync(FrameReader &reader);
  OptionalMask next_in_async(FrameReader &reader);
  bool is_due();
  bool waits_freshly(gint64 now) const;
  void submit(FrameReader &reader, bool with_flow);
  bool adopt(FrameOutcome outcome);
  void take_over(const Pending &source, SegmentResult result);
  void fail(const Error &error);
  bool carry(FrameReader &reader);
  bool carry_if_affordable(FrameReader &reader);

  LiveVocabulary::CurrentSettings current_settings_;
  SegmentReports reports_;
  const std::string name_;
  std::shared_ptr<const SegmentSettings> settings_;
  InferenceOptions options_;  // of settings_
  SegmentLoader loader_;
  std::shared_ptr<SharedModel> model_;  // null until it is loaded
  std::shared_ptr<StreamMemory> memory_;
  std::deque<Pending> pending_;  // in work, then waiting: two at most
  std::shared_ptr<const EncodedVocabulary> last_vocabulary_;
  Ptr<GstNaclipSegmentation> last_;
  AnalyticsTerms last_terms_;
  // last_ as it is found on its frame, and that frame, for carrying it on.
  Segmentation last_labels_;
  FlowPicture last_flow_;
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  MaskCarrier carrier_;
  Presence presence_;
  Ptr<GstNaclipSegmentation> carried_;  // null where last_ is shown itself
  Ptr<GstNaclipSegmentation> held_;  // carried_ of the frame before, while there is no newer mask
  AnalyticsTerms carried_terms_;
  int since_inference_ = 0;
  gint64 last_adopted_ = 0, cycle_ = 0;   // between masks; monotonic, microseconds
  gint64 last_warning_ = G_MININT64 / 2;  // monotonic, microseconds
  SegmentStatistics statistics_;
  mutable std::mutex stream_mutex_;  // guards the next two against other threads
  bool interrupted_ = false;
  // Null until the model is loaded. Last, so that it leaves first.
  std::unique_ptr<Scheduler::Stream> stream_;
};

}  // namespace naclip
