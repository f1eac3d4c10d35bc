// What has become of a stream's frames.
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>

#include "elements/redact/frame_judge.h"
#include "elements/support/ptr.h"

namespace naclip {

/// Frames since start, by verdict. Thread-safe.
class RedactStatistics {
 public:
  void add(Verdict verdict) { ++counts_[static_cast<std::size_t>(verdict)]; }
  void clear() {
    for (auto &count : counts_) count = 0;
  }

  /// `naclip-redact-stats`: by-mask, whole, passed, dropped (guint64).
  Ptr<GstStructure> structure() const {
    const auto count = [this](Verdict verdict) -> guint64 {
      return counts_[static_cast<std::size_t>(verdict)];
    };
    return Ptr<GstStructure>(gst_structure_new(
        "naclip-redact-stats", "by-mask", G_TYPE_UINT64, count(Verdict::kByMask), "whole",
        G_TYPE_UINT64, count(Verdict::kWhole), "passed", G_TYPE_UINT64, count(Verdict::kPassed),
        "dropped", G_TYPE_UINT64, count(Verdict::kDropped), nullptr));
  }

 private:
  std::array<std::atomic<guint64>, 4> counts_{};
};

}  // namespace naclip
