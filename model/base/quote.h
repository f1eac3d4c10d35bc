// Words of a user's, as messages repeat them.
#pragma once

#include <string>
#include <string_view>

namespace naclip {

/// `text` between quotation marks; of one longer than 40 characters the beginning and an ellipsis.
/// UTF-8; a character is never cut, and bytes that are none are replaced.
std::string quote(std::string_view text);

}  // namespace naclip
