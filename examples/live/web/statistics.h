// How the program is doing, as JSON and for Prometheus.
#pragma once

#include <string>

#include "examples/live/stream/output.h"

namespace naclip::live::web {

struct Statistics {
  Progress progress;
  double fps = 0;                                   ///< over the last second
  std::size_t webrtc = 0, mjpeg = 0, messages = 0;  ///< who watches, and listens
  gint64 uptime = 0;                                ///< ns since the page was there
};

/// The message of type status of the schema naclip/1, see docs/elements.md.
std::string status_json(const Statistics &statistics);

/// Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string metrics_text(const Statistics &statistics);

}  // namespace naclip::live::web
