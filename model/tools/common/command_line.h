// Command lines, with GOption.
#pragma once

#include <glib.h>

#include <string>
#include <vector>

namespace naclip {

/// Takes the options that `context` knows out of a command line. -> what is left of it, without the
/// program's name and "--". --help prints and ends the program. Throws Error{kSettings} where an
/// option is unknown or its value is not of its kind.
std::vector<std::string> take_options(GOptionContext *context, int argc, char **argv);

}  // namespace naclip
