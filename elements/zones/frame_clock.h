// When frames are, for whoever measures time by them.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include "elements/zones/rule_state.h"

namespace naclip {

/// Reads frames' running time, which goes on where segments change. An object is for one thread.
class FrameClock {
 public:
  /// A frame's time: not before the one of a frame before it, and the same for a frame without a
  /// PTS.
  struct Reading {
    Moment moment;
    /// Whether the stream was moved by more than a second against the time that has passed: a seek
    /// without a flush, or time that begins anew. Times begin anew with this frame, too.
    bool jumped;
  };
  Reading read(const GstSegment &segment, GstBuffer *frame);

  /// Another stream begins.
  void forget() { last_.reset(); }

 private:
  struct Times {
    std::int64_t running, stream;  // ns
  };
  std::optional<Times> last_;
};

}  // namespace naclip
