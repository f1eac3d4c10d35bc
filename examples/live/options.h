// What the command line of naclip-live says.
#pragma once

#include <string>

#include "examples/live/stream/choices.h"

namespace naclip::live {

/// "name=value" taken apart. Throws UsageError.
Assignment parse_assignment(const std::string &text);

/// A rule of naclipzones as JSON: JSON as it is, or "CLASS above SHARE" or "CLASS below SHARE", such as
/// "person above 5%". Throws UsageError.
std::string parse_rule(const std::string &text);

/// Initialises GStreamer too. Throws UsageError. `--help` prints and ends the program.
Options parse_options(int argc, char **argv);

}  // namespace naclip::live
