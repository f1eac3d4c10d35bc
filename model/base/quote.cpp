#include "model/base/quote.h"

#include <glib.h>

#include <algorithm>

namespace naclip {

std::string quote(std::string_view text) {
  constexpr glong kLongest = 40;
  // More bytes than so many characters can have are not looked at.
  constexpr std::size_t kEnough = 4 * (kLongest + 1);
  g_autofree gchar *valid =
      g_utf8_make_valid(text.data(), static_cast<gssize>(std::min(text.size(), kEnough)));
  if (g_utf8_strlen(valid, -1) <= kLongest) return "\"" + std::string(valid) + "\"";
  return "\"" + std::string(valid, g_utf8_offset_to_pointer(valid, kLongest)) + "…\"";
}

}  // namespace naclip
