#include "elements/segment/statistics.h"

#include <algorithm>

namespace naclip {

void LatencyFigures::add(GstClockTime latency) {
  newest_[count_ % kNewest] = latency;
  ++count_;
  last_ = latency;
  total_ += latency;
}

GstClockTime LatencyFigures::percentile_99() const {
  const auto count = static_cast<std::size_t>(std::min<guint64>(count_, kNewest));
  if (count == 0) return 0;
  std::array<GstClockTime, kNewest> sorted = newest_;
  // The nearest rank: the least that 99 of 100 do not exceed.
  const std::size_t rank = (99 * count + 99) / 100 - 1;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank),
                   sorted.begin() + static_cast<std::ptrdiff_t>(count));
  return sorted[rank];
}

void SegmentStatistics::add_frame() {
  const std::lock_guard lock(mutex_);
  ++frames_;
}

void SegmentStatistics::add_carried() {
  const std::lock_guard lock(mutex_);
  ++carried_;
}

void SegmentStatistics::add_error() {
  const std::lock_guard lock(mutex_);
  ++errors_;
}

void SegmentStatistics::add_inference(GstClockTime inference, GstClockTime total, guint batch) {
  const std::lock_guard lock(mutex_);
  ++inferred_;
  inference_.add(inference);
  total_.add(total);
  batch_ = batch;
}

GstClockTime SegmentStatistics::worst_total() const {
  const std::lock_guard lock(mutex_);
  return total_.percentile_99();
}

Ptr<GstStructure> SegmentStatistics::structure(guint queue) const {
  const std::lock_guard lock(mutex_);
  return Ptr<GstStructure>(gst_structure_new(
      "naclip-stats", "frames", G_TYPE_UINT64, frames_, "inferred", G_TYPE_UINT64, inferred_,
      "skipped", G_TYPE_UINT64, frames_ - std::min(frames_, inferred_), "carried", G_TYPE_UINT64,
      carried_, "errors", G_TYPE_UINT64, errors_, "latency-last", G_TYPE_UINT64, inference_.last(),
      "latency-mean", G_TYPE_UINT64, inference_.mean(), "latency-p99", G_TYPE_UINT64,
      inference_.percentile_99(), "total-latency-last", G_TYPE_UINT64, total_.last(),
      "total-latency-mean", G_TYPE_UINT64, total_.mean(), "total-latency-p99", G_TYPE_UINT64,
      total_.percentile_99(), "queue", G_TYPE_UINT, queue, "batch", G_TYPE_UINT, batch_, nullptr));
}

}  // namespace naclip
