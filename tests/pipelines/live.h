// Runs examples/live as users do.
#pragma once

#include <string>
#include <vector>

#include "process.h"

namespace naclip::pipelines {

/// A running naclip-live with the tiny model, settings that make it quick, and no window.
class LiveProgram : public Process {
 public:
  explicit LiveProgram(const std::vector<std::string> &arguments);

  /// Reads up to the next status line that tells of frames; false where the output ended before.
  bool wait_for_frames();
};

/// naclip-live's arguments as LiveProgram gives them, the program first.
std::vector<std::string> live_arguments(const std::vector<std::string> &arguments);

/// Writes a certificate for localhost, which nobody has signed, and its key, as PEM files.
void make_certificate(const std::string &certificate, const std::string &key);

}  // namespace naclip::pipelines
