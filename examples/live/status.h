// Figures in words.
#pragma once

#include <gst/gst.h>

#include <string>

#include "examples/live/stream/output.h"

namespace naclip::live {

/// "29.9 fps | inference 84 ms | mask age 120 ms | latency 5 ms | person 12 %, car 3 %": what is
/// not known is left out, and of the classes those that are seen, the five largest.
std::string status_line(const Progress &progress, double frames_per_second);

/// naclipsegment's `stats`, a figure on each line; times in milliseconds.
std::string stats_text(const GstStructure &stats);

}  // namespace naclip::live
