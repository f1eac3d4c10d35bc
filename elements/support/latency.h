// What elements ask and tell of latency.
#pragma once

#include <gst/gst.h>

namespace naclip {

/// Whether what flows into `sink` comes from a live source; false where upstream does not tell.
bool is_live(GstPad *sink);

/// Adds `added` nanoseconds to the answer of a LATENCY query of a live pipeline.
void add_latency(GstQuery *query, GstClockTime added);

}  // namespace naclip
