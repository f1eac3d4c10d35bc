// Frames that wait for later ones: for how long, and how many.
#pragma once

#include <gst/gst.h>

#include <cstdint>

#include "elements/redact/frame_judge.h"
#include "elements/support/ptr.h"

namespace naclip {

/// A frame that was judged, or an event that came between two of them.
struct Waiting {
  Ptr<GstBuffer> frame;
  Ptr<GstEvent> event;
  std::int64_t time = 0;  ///< ns; the PTS, where there is one
  Judgement judgement{};
};

/// How long a frame waits, ns, where it leaves with the first one that is `lookahead` ns later;
/// `step`: from one frame to the next, 0 where that is not known.
GstClockTime delay_of(GstClockTime lookahead, GstClockTime step);

/// Adds to an ALLOCATION query that so many frames are kept here.
void propose_waiting_frames(GstQuery *query, GstClockTime delay, GstClockTime step);

/// The time, ns, up to which a GAP event says that there are no frames.
GstClockTime end_of_gap(GstEvent *event);

}  // namespace naclip
