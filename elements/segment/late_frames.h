// Notices a network that is slower than a live source whose frames wait for it.
#pragma once

#include <gst/video/video.h>

namespace naclip {

/// Counts frames in a row that wait longer for their masks than it takes to the next frame: sinks drop such frames.
class LateFrames {
 public:
  void reset() { count_ = 0; }

  /// `waited`: of one frame, microseconds. True once, when many frames in a row were late.
  bool many_after(gint64 waited, const GstVideoInfo &info) {
    constexpr int kMany = 10;
    const gint64 rate = GST_VIDEO_INFO_FPS_N(&info), per = GST_VIDEO_INFO_FPS_D(&info);
    if (count_ < 0 || rate == 0) return false;
    count_ = waited * rate > per * G_USEC_PER_SEC ? count_ + 1 : 0;
    if (count_ < kMany) return false;
    count_ = -1;
    return true;
  }

 private:
  int count_ = 0;  // -1 once it was told
};

}  // namespace naclip
