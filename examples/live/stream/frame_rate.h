// Frames a second.
#pragma once

#include <glib.h>

#include <utility>

namespace naclip::live {

/// From one look at a count of frames to the next.
class FrameRate {
 public:
  /// Frames a second since the last call or restart(); 0 at the first call.
  double update(guint64 frames) {
    const gint64 now = g_get_monotonic_time();
    const gint64 before = std::exchange(time_, now);
    const guint64 more = frames - std::exchange(frames_, frames);
    if (before == 0 || before == now) return 0;
    return static_cast<double>(more) * G_USEC_PER_SEC / static_cast<double>(now - before);
  }
  /// Counts from here, where no frame has come.
  void restart() {
    frames_ = 0;
    time_ = g_get_monotonic_time();
  }

 private:
  guint64 frames_ = 0;
  gint64 time_ = 0;  // monotonic, microseconds
};

}  // namespace naclip::live
