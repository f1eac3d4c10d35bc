#include "model/base/colour_text.h"

#include <glib.h>

namespace naclip {

std::optional<Colour> colour_from_text(std::string_view text) {
  if (text.size() != 7 || text.front() != '#') return std::nullopt;
  Colour colour = 0;
  for (const char digit : text.substr(1)) {
    const int value = g_ascii_xdigit_value(digit);
    if (value < 0) return std::nullopt;
    colour = colour << 4 | static_cast<Colour>(value);
  }
  return colour;
}

}  // namespace naclip
