// What naclipobjects has found in a stream.
#pragma once

#include <gst/gst.h>

#include <atomic>

#include "elements/support/ptr.h"

namespace naclip {

/// Counts since start. Thread-safe.
struct ObjectsStatistics {
  std::atomic<guint64> frames{0};
  std::atomic<guint64> without_mask{0};  ///< frames without a mask that counts
  std::atomic<guint64> searched{0};      ///< masks, each once for all frames that carry it
  std::atomic<guint64> objects{0};       ///< of all frames
  std::atomic<guint64> surplus{0};       ///< objects of all frames that max-objects left out

  void clear() {
    for (auto *count : {&frames, &without_mask, &searched, &objects, &surplus}) *count = 0;
  }

  /// `naclip-objects-stats`: frames, without-mask, searched, objects, surplus (guint64).
  Ptr<GstStructure> structure() const {
    return Ptr<GstStructure>(gst_structure_new(
        "naclip-objects-stats", "frames", G_TYPE_UINT64, frames.load(), "without-mask",
        G_TYPE_UINT64, without_mask.load(), "searched", G_TYPE_UINT64, searched.load(), "objects",
        G_TYPE_UINT64, objects.load(), "surplus", G_TYPE_UINT64, surplus.load(), nullptr));
  }
};

}  // namespace naclip
