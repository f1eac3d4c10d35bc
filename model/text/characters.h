// Walking through UTF-8 by characters.
#pragma once

#include <glib.h>

#include <array>
#include <string>
#include <string_view>

namespace naclip {

/// Appends one character as UTF-8.
inline void append(std::string &text, gunichar c) {
  std::array<char, 6> bytes;
  text.append(bytes.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, bytes.data())));
}

/// Calls use(c) for every character of valid UTF-8.
template <typename Use>
void for_each_character(std::string_view text, Use use) {
  const char *const end = text.data() + text.size();
  for (const char *p = text.data(); p < end; p = g_utf8_next_char(p)) use(g_utf8_get_char(p));
}

}  // namespace naclip
