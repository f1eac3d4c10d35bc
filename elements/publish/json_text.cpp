#include "elements/publish/json_text.h"

#include <glib.h>

#include "elements/support/ptr.h"

namespace naclip {
namespace {

void append_escaped(std::string &text, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr char kHex[] = "0123456789abcdef";
      text += "\\u00";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      text += c;
    }
  }
}

}  // namespace

void JsonText::text(const char *name, std::string_view value) {
  separate(name);
  text_ += '"';
  const auto size = static_cast<gssize>(value.size());
  if (g_utf8_validate(value.data(), size, nullptr)) {
    append_escaped(text_, value);
  } else {
    const GCharPtr valid(g_utf8_make_valid(value.data(), size));
    append_escaped(text_, valid.get());
  }
  text_ += '"';
}

}  // namespace naclip
