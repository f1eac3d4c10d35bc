#include "model/text/text_fixes.h"

#include <glib.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "model/text/characters.h"
#include "model/text/html_entities.h"

namespace naclip {
namespace {

std::string normalize(std::string_view text, GNormalizeMode mode) {
  const std::unique_ptr<char, decltype(&g_free)> normal(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), mode), g_free);
  return normal.get();
}

bool is_latin_ligature(gunichar c) {
  return c == 0x132 || c == 0x133 || c == 0x149 || (c >= 0x1C4 && c <= 0x1CC) ||
         (c >= 0x1F1 && c <= 0x1F3) || (c >= 0xFB00 && c <= 0xFB06);
}

// Unicode's block of half-width and full-width forms.
bool has_odd_width(gunichar c) {
  return c >= 0xFF01 && c <= 0xFFEF;
}

void append_plain(std::string &out, gunichar c) {
  constexpr gunichar kLongSWithT = 0xFB05;
  if (c == kLongSWithT) {
    out += "\u017Ft";  // Unicode's own would be a short s.
  } else if (is_latin_ligature(c) || has_odd_width(c)) {
    std::string character;
    append(character, c);
    out += normalize(character, G_NORMALIZE_ALL_COMPOSE);
  } else {
    append(out, c);
  }
}

gunichar straighten_quote(gunichar c) {
  if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) return '\'';
  if (c >= 0x201C && c <= 0x201F) return '"';
  return c;
}

std::string make_plain(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for_each_character(text, [&](gunichar c) { append_plain(plain, windows_1252(c)); });
  std::string straight;
  straight.reserve(plain.size());
  for_each_character(plain, [&](gunichar c) { append(straight, straighten_quote(c)); });
  return straight;
}

// Those that make no white space, and marks that Unicode advises against. Those of Latin-1 stay.
bool is_control(gunichar c) {
  if (c < 0x20) return c != '\t' && c != '\n' && c != '\f' && c != '\r';
  return c == 0x7F || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

// The bytes of the escape sequence at the start of `text`, as ESC [ 31 ; 1 m is one; 0 where there
// is none.
std::size_t terminal_escape(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const char *p = text.data() + 2;
  const char *const end = text.data() + text.size();
  const auto is_parameter = [](gunichar c) {
    return c == ';' || g_unichar_type(c) == G_UNICODE_DECIMAL_NUMBER;
  };
  while (p < end && is_parameter(g_utf8_get_char(p))) p = g_utf8_next_char(p);
  return p < end && g_ascii_isalpha(*p) ? static_cast<std::size_t>(p + 1 - text.data()) : 0;
}

std::string remove_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = terminal_escape(text);
    if (length == 0) {
      length = static_cast<std::size_t>(g_utf8_next_char(text.data()) - text.data());
      if (!is_control(g_utf8_get_char(text.data()))) out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string fix_line(std::string line, bool unescape) {
  while (true) {
    std::string fixed =
        normalize(remove_controls(make_plain(unescape ? unescape_sure_html(line) : line)),
                  G_NORMALIZE_DEFAULT_COMPOSE);
    if (fixed == line) return fixed;
    line = std::move(fixed);
  }
}

}  // namespace

std::string fix_text(std::string_view text) {
  std::string out;
  bool is_html = false;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, length);
    is_html = is_html || line.find('<') != std::string_view::npos;
    out += fix_line(std::string(line), !is_html);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace naclip
