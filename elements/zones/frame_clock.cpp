#include "elements/zones/frame_clock.h"

#include <algorithm>
#include <cmath>

namespace naclip {
namespace {

constexpr double kJump = GST_SECOND;

using Convert = int (*)(const GstSegment *, GstFormat, guint64, guint64 *);

/// As the segment says, also before its begin; the PTS itself where the segment says nothing.
std::int64_t converted(Convert convert, const GstSegment &segment, GstClockTime pts) {
  guint64 time = pts;
  const int sign =
      segment.format == GST_FORMAT_TIME ? convert(&segment, GST_FORMAT_TIME, pts, &time) : 1;
  if (sign == 0) time = pts;
  return sign < 0 ? -static_cast<std::int64_t>(time) : static_cast<std::int64_t>(time);
}

}  // namespace

FrameClock::Reading FrameClock::read(const GstSegment &segment, GstBuffer *frame) {
  const GstClockTime pts = GST_BUFFER_PTS(frame);
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return {{last_ ? last_->running : 0, pts}, false};
  Times times{converted(gst_segment_to_running_time_full, segment, pts),
              converted(gst_segment_to_stream_time_full, segment, pts)};
  bool jumped = false;
  if (last_) {
    const auto passed = static_cast<double>(times.running - last_->running);
    const auto moved = static_cast<double>(times.stream - last_->stream);
    jumped =
        passed < -kJump || std::abs(moved - passed * segment.rate * segment.applied_rate) > kJump;
    if (!jumped) times.running = std::max(times.running, last_->running);
  }
  last_ = times;
  return {{times.running, pts}, jumped};
}

}  // namespace naclip
