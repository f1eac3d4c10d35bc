// A checkpoint in words.
#pragma once

#include <string>

namespace naclip {

/// What a checkpoint file is: one line each for its path, layout, precision, parameters, towers,
/// activation and the vocabulary that it needs. Reads no weights, and needs no vocabulary beside
/// the file. Throws Error{kNotFound | kRead | kFormat | kModel}.
std::string checkpoint_text(const std::string &path);

}  // namespace naclip
