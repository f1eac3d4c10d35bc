// What counts as white space.
#pragma once

#include <glib.h>

namespace naclip {

/// As Python's str.isspace(), which CLIP cleans text with. GLib leaves out the vertical tab, the
/// information separators and the next-line control.
inline bool is_space(gunichar c) {
  return g_unichar_isspace(c) || c == 0x0B || (c >= 0x1C && c <= 0x1F) || c == 0x85;
}

}  // namespace naclip
