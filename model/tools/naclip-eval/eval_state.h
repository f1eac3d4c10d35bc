// Keeps a run's tally in a file, so that it can be stopped and go on.
#pragma once

#include <optional>
#include <string>

#include "model/tools/naclip-eval/evaluation.h"
#include "model/tools/naclip-eval/settings.h"

namespace naclip::eval {

/// Writes the tally and what it was computed with; the file is replaced whole or not at all. Throws
/// Error{kRead} where it cannot be written.
void save_state(const std::string &path, const Settings &identity, const Tally &tally);

/// The tally of the file; nothing where there is no file. Throws Error{kSettings} where it was
/// computed with something else than `identity`, naming what; Error{kRead | kFormat} where it
/// cannot be read or is none, or does not have `classes` classes.
std::optional<Tally> load_state(const std::string &path, const Settings &identity,
                                std::size_t classes);

}  // namespace naclip::eval
