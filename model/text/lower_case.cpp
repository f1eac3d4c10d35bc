#include "model/text/lower_case.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "model/text/characters.h"

namespace naclip {
namespace {

// Unicode's property Cased.
bool is_cased(gunichar c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
      return true;
    default:
      return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) ||
             (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
             (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
  }
}

// Unicode's property Case_Ignorable.
bool is_case_ignorable(gunichar c) {
  switch (g_unichar_type(c)) {
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_FORMAT:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_MODIFIER_SYMBOL:
      return true;
    default: {
      // The punctuation that stands within words.
      constexpr std::array<gunichar, 16> kWithinWords{
          '\'',   '.',    ':',    0xB7,   0x387,  0x55F,  0x5F4,  0x2018,
          0x2019, 0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E};
      return c == 0xFF1A || std::ranges::binary_search(kWithinWords, c);
    }
  }
}

// A capital sigma becomes a final one behind a letter unless a letter follows.
bool is_final_sigma(const std::vector<gunichar> &text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

// GLib knows the lower case of letters alone, not of the Roman numerals and the circled letters.
gunichar lower(gunichar c) {
  if (c >= 0x2160 && c <= 0x216F) return c + 16;
  if (c >= 0x24B6 && c <= 0x24CF) return c + 26;
  return g_unichar_tolower(c);
}

}  // namespace

// g_utf8_strdown would ask the locale, and Turkish lowers I to a dotless one.
std::string lower(std::string_view text) {
  constexpr gunichar kCapitalIWithDot = 0x130;
  constexpr gunichar kCapitalSigma = 0x3A3;
  std::vector<gunichar> characters;
  characters.reserve(text.size());
  for_each_character(text, [&](gunichar c) { characters.push_back(c); });
  std::string lowered;
  lowered.reserve(text.size());
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const gunichar c = characters[i];
    if (c == kCapitalIWithDot) {
      lowered += "i\u0307";
    } else if (c == kCapitalSigma) {
      append(lowered, is_final_sigma(characters, i) ? 0x3C2 : 0x3C3);
    } else {
      append(lowered, lower(c));
    }
  }
  return lowered;
}

}  // namespace naclip
