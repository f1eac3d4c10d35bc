// Lower case that depends on no locale.
#pragma once

#include <string>
#include <string_view>

namespace naclip {

/// As Python's str.lower, with its final sigma and its two characters for a capital I with a dot.
/// Takes and returns valid UTF-8.
std::string lower(std::string_view text);

}  // namespace naclip
