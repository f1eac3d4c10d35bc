// Colours as users write them.
#pragma once

#include <optional>
#include <string_view>

#include "model/colour.h"

namespace naclip {

/// The value of `#` and six hexadecimal digits, such as #ff8000; none for any other text.
std::optional<Colour> colour_from_text(std::string_view text);

}  // namespace naclip
