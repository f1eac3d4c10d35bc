// What has become of a stream's frames and rules.
#pragma once

#include <gst/gst.h>

#include <atomic>

#include "elements/support/ptr.h"

namespace naclip {

/// Counts since start. Thread-safe.
struct ZonesStatistics {
  std::atomic<guint64> events{0};  ///< begun
  std::atomic<guint64> active{0};  ///< events that have not ended
  std::atomic<guint64> judged{0};  ///< frames whose mask counted
  std::atomic<guint64> paused{0};  ///< the others

  void clear() {
    for (auto *count : {&events, &active, &judged, &paused}) *count = 0;
  }

  /// `naclip-zones-stats`: events, active, judged, paused (guint64).
  Ptr<GstStructure> structure() const {
    return Ptr<GstStructure>(
        gst_structure_new("naclip-zones-stats", "events", G_TYPE_UINT64, events.load(), "active",
                          G_TYPE_UINT64, active.load(), "judged", G_TYPE_UINT64, judged.load(),
                          "paused", G_TYPE_UINT64, paused.load(), nullptr));
  }
};

}  // namespace naclip
