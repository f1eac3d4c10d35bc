#include "elements/segment/session.h"

#include <gst/video/video.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "elements/segment/carry_budget.h"
#include "elements/segment/metadata.h"
#include "elements/support/cuda_frame.h"
#include "model/base/count_labels.h"

namespace naclip {

namespace {

constexpr gint64 kWarningInterval = 60 * G_USEC_PER_SEC;
// A frame in line is not replaced before it is older than this part of the time between two masks.
// To prepare every frame of many cameras that share a model would take more of the processor than
// is left for the network.
constexpr gint64 kRefreshesPerCycle = 16;

/// The processor's time that this thread has taken.
std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// The quick checks: what is misspelt should not wait for a model to load.
InferenceOptions checked_options(const SegmentSettings &settings) {
  read_vocabulary(settings);
  check_files(settings);
  return inference_options(settings);
}

}  // namespace

class SegmentSession::FrameReader {
 public:
  FrameReader(GstBuffer *frame, const GstVideoInfo &info, Segmenter &segmenter)
      : frame_(frame), info_(info), segmenter_(segmenter) {}

  GstClockTime pts() const { return GST_BUFFER_PTS(frame_); }
  gint64 arrival() const { return arrival_; }

  /// For the model, on its device where the frame lies there.
  const Picture &picture() {
    const ModelInfo &model = segmenter_.info();
    if (!for_model_)
      for_model_.emplace(frame_, info_, model.reads_device_memory ? model.device : "");
    return for_model_->picture();
  }
  /// For optical flow: of a frame on the model's device no more than that comes to the host.
  const FlowPicture &flow() {
    if (flow_) return flow_;
    const Picture &frame = picture();
    flow_ = frame.cuda_device < 0
                ? FlowPicture::of(frame)
                : FlowPicture::of(frame, segmenter_.shrink(frame, FlowPicture::factor_of(frame)));
    return flow_;
  }

 private:
  GstBuffer *frame_;
  const gint64 arrival_ = g_get_monotonic_time();
  const GstVideoInfo &info_;
  Segmenter &segmenter_;
  std::optional<EngineFrame> for_model_;
  FlowPicture flow_;
};

SegmentSession::SegmentSession(LiveVocabulary::CurrentSettings current_settings,
                               SegmentReports reports, std::string name)
    : current_settings_(std::move(current_settings)),
      reports_(std::move(reports)),
      name_(std::move(name)),
      settings_(current_settings_()),
      options_(checked_options(*settings_)),
      loader_(current_settings_, reports_) {}

SegmentSession::OptionalMask SegmentSession::next(GstBuffer *frame, const GstVideoInfo &info,
                                                  Pace pace) {
  OptionalMask none;
  switch (pace == Pace::kSync ? loader_.wait() : loader_.state()) {
    case SegmentLoader::State::kReady:
      join_model();
      return mask_of(frame, info, pace);
    case SegmentLoader::State::kLoading:
      statistics_.add_frame();
      break;
    case SegmentLoader::State::kFailed:
      none.failed = true;
      break;
    case SegmentLoader::State::kInterrupted:
      none.interrupted = true;
      break;
  }
  return none;
}

void SegmentSession::join_model() {
  if (model_ != nullptr) return;
  model_ = loader_.model();
  memory_ = model_->segmenter->make_memory();
  auto stream = model_->scheduler.join();
  const std::lock_guard lock(stream_mutex_);
  stream_ = std::move(stream);
  if (interrupted_) stream_->interrupt();
}

void SegmentSession::interrupt() {
  loader_.interrupt();
  const std::lock_guard lock(stream_mutex_);
  interrupted_ = true;
  if (stream_ != nullptr) stream_->interrupt();
}

void SegmentSession::resume() {
  loader_.resume();
  const std::lock_guard lock(stream_mutex_);
  interrupted_ = false;
  if (stream_ != nullptr) stream_->resume();
}

Ptr<GstStructure> SegmentSession::statistics() const {
  const std::lock_guard lock(stream_mutex_);
  return statistics_.structure(stream_ != nullptr ? stream_->queued() : 0);
}

SegmentSession::OptionalMask SegmentSession::mask_of(GstBuffer *frame, const GstVideoInfo &info,
                                                     Pace pace) {
  FrameReader reader(frame, info, *model_->segmenter);
  if (auto settings = current_settings_(); settings != settings_) {
    options_ = inference_options(*settings);
    settings_ = std::move(settings);
  }
  statistics_.add_frame();
  held_ = std::move(carried_);
  const auto vocabulary_before = last_vocabulary_;
  OptionalMask mask = pace == Pace::kSync ? next_in_sync(reader) : next_in_async(reader);
  if (mask.interrupted) return mask;
  mask.segmentation = carried_ ? carried_.get() : last_.get();
  mask.new_vocabulary = vocabulary_before != nullptr && last_vocabulary_ != vocabulary_before;
  return mask;
}

/// A frame that is due waits for its own mask, and so does one to which no mask can be carried:
/// after a cut. Which frames are due does not depend on cuts, so that a part of a video has the same
/// masks as the whole.
SegmentSession::OptionalMask SegmentSession::next_in_sync(FrameReader &reader) {
  OptionalMask mask;
  const bool carries = settings_->carry == Carry::kOn && settings_->interval > 1;
  const bool due = is_due();
  if (!due) {
    if (!carries) return mask;
    if (carry(reader)) {
      statistics_.add_carried();
      return mask;
    }
  }
  const auto since_due = due ? 0 : since_inference_;
  submit(reader, carries);
  since_inference_ = since_due;
  if (pending_.empty()) return mask;  // it failed, which was told
  if (auto outcome = stream_->wait())
    mask.fresh = adopt(std::move(*outcome));
  else
    mask.interrupted = true;
  return mask;
}

/// A frame takes the newest mask there is, carried to it, and is inferred beside that where it is
/// due.
SegmentSession::OptionalMask SegmentSession::next_in_async(FrameReader &reader) {
  OptionalMask mask;
  const bool carries = settings_->carry != Carry::kOff;
  if (auto outcome = stream_->take()) mask.fresh = adopt(std::move(*outcome));
  if (is_due() && !waits_freshly(reader.arrival())) submit(reader, carries);
  if (carries && carry_if_affordable(reader)) statistics_.add_carried();
  return mask;
}

bool SegmentSession::is_due() {
  ++since_inference_;
  return last_ == nullptr || since_inference_ >= settings_->interval ||
         loader_.vocabulary().current() != last_vocabulary_;
}

bool SegmentSession::waits_freshly(gint64 now) const {
  return !pending_.empty() && now - pending_.back().arrival < cycle_ / kRefreshesPerCycle &&
         stream_->waits();
}

void SegmentSession::submit(FrameReader &reader, bool with_flow) {
  since_inference_ = 0;
  try {
    SegmentRequest request;
    request.picture = model_->segmenter->prepare(reader.picture(), options_.input_size);
    request.vocabulary = loader_.vocabulary().source();
    request.options = options_;
    request.memory = memory_;
    Pending pending{0, reader.pts(), reader.arrival(), with_flow ? reader.flow() : FlowPicture()};
    const Submitted submitted =
        stream_->submit(std::move(request), std::chrono::milliseconds(settings_->batch_timeout));
    pending.number = submitted.number;
    std::erase_if(pending_, [&](const Pending &one) { return one.number == submitted.replaced; });
    pending_.push_back(std::move(pending));
  } catch (const Error &error) {
    fail(error);
  }
}

/// Whether there is a new mask now.
bool SegmentSession::adopt(FrameOutcome outcome) {
  while (!pending_.empty() && pending_.front().number < outcome.number) pending_.pop_front();
  if (pending_.empty() || pending_.front().number != outcome.number) return false;
  const Pending source = std::move(pending_.front());
  pending_.pop_front();
  try {
    if (outcome.error) std::rethrow_exception(outcome.error);
  } catch (const Interrupted &) {
    throw;
  } catch (const Error &error) {
    fail(error);
    return false;
  } catch (const std::exception &error) {
    fail(Error(ErrorKind::kInference, "A frame could not be segmented", error.what()));
    return false;
  }
  const auto now = g_get_monotonic_time();
  cycle_ = last_adopted_ > 0 ? now - last_adopted_ : 0;
  last_adopted_ = now;
  take_over(source, std::move(outcome.result));
  statistics_.add_inference(static_cast<GstClockTime>(outcome.latency.count()),
                            static_cast<GstClockTime>(now - source.arrival) * GST_USECOND,
                            static_cast<guint>(outcome.batch));
  return true;
}

void SegmentSession::take_over(const Pending &source, SegmentResult result) {
  last_vocabulary_ = std::move(result.vocabulary);
  last_flow_ = source.flow;
  last_pts_ = source.pts;
  held_.reset();
  if (settings_->presence)
    presence_.apply(result.segmentation, last_vocabulary_->vocabulary().regions(),
                    static_cast<std::int64_t>(source.pts),
                    {settings_->presence_share, settings_->presence_time * GST_MSECOND});
  else
    presence_.forget();
  if (last_flow_) last_labels_ = result.segmentation;
  last_ = to_metadata(std::move(result.segmentation), last_vocabulary_->vocabulary(), name_,
                      source.pts);
  last_terms_ = AnalyticsTerms(last_.get());
}

/// on-error=fail: throws. Else frames go on, without masks until one is inferred again.
void SegmentSession::fail(const Error &error) {
  statistics_.add_error();
  if (settings_->on_error == OnError::kFail) throw error;
  last_.reset();
  held_.reset();
  const gint64 now = g_get_monotonic_time();
  if (now - last_warning_ < kWarningInterval) return;
  last_warning_ = now;
  reports_.warn(error);
}

/// Has carried_ show the last mask as it would be on this frame; false where there is nothing to
/// carry.
bool SegmentSession::carry(FrameReader &reader) {
  if (last_ == nullptr || !last_flow_) return false;
  const MaskView view{last_labels_.width, last_labels_.height, last_labels_.bytes_per_label,
                      last_labels_.labels.data()};
  Segmentation moved;
  try {
    if (!carrier_.carry(last_flow_, reader.flow(), view, moved.labels)) return false;
  } catch (const Error &error) {
    fail(error);
    return false;
  }
  moved.width = view.width;
  moved.height = view.height;
  moved.bytes_per_label = view.bytes_per_label;
  moved.regions = last_labels_.regions;
  const MaskView moved_view{view.width, view.height, view.bytes_per_label, moved.labels.data()};
  const std::vector<double> shares = label_shares(moved_view, moved.regions.size());
  for (std::size_t id = 0; id < shares.size(); ++id) moved.regions[id].share = shares[id];
  carried_ = to_metadata(std::move(moved), last_vocabulary_->vocabulary(), name_, last_pts_);
  carried_terms_ = AnalyticsTerms(carried_.get());
  return true;
}

/// As carry(), while carrying has not taken more than its part of the processors' time; else the
/// mask that was carried last stays, if there was no newer one.
bool SegmentSession::carry_if_affordable(FrameReader &reader) {
  if (model_->segmenter->info().device != "cpu") return carry(reader);
  CarryBudget &budget = CarryBudget::shared();
  if (!budget.has_some(std::chrono::steady_clock::now().time_since_epoch())) {
    carried_ = std::move(held_);
    return false;
  }
  const auto began = thread_time();
  const bool moved = carry(reader);
  budget.spend(thread_time() - began);
  return moved;
}

void SegmentSession::forget() {
  if (model_ == nullptr) return;  // there is nothing yet
  stream_->discard();
  pending_.clear();
  last_.reset();
  carried_.reset();
  held_.reset();
  last_flow_ = {};
  last_adopted_ = cycle_ = 0;
  carrier_.reset();
  presence_.forget();
  memory_ = model_->segmenter->make_memory();
}

}  // namespace naclip
