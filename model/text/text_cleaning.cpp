#include "model/text/text_cleaning.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "model/base/white_space.h"
#include "model/error.h"
#include "model/text/html_entities.inc"

namespace naclip {
namespace {

constexpr gunichar kReplacement = 0xFFFD;
constexpr gunichar kLastCharacter = 0x10FFFF;

void append(std::string &text, gunichar c) {
  std::array<char, 6> bytes;
  text.append(bytes.data(), static_cast<std::size_t>(g_unichar_to_utf8(c, bytes.data())));
}

// Calls use(c) for every character of valid UTF-8.
template <typename Use>
void for_each_character(std::string_view text, Use use) {
  const char *const end = text.data() + text.size();
  for (const char *p = text.data(); p < end; p = g_utf8_next_char(p)) use(g_utf8_get_char(p));
}

void check_utf8(std::string_view text) {
  const char *end = nullptr;
  if (text.empty() || g_utf8_validate_len(text.data(), text.size(), &end)) return;
  throw Error(ErrorKind::kVocabulary, "The text is not valid UTF-8 at byte " +
                                          std::to_string(end - text.data()) +
                                          "; give it as UTF-8.");
}

// As ftfy.uncurl_quotes.
std::string straighten_quotes(std::string_view text) {
  std::string straight;
  straight.reserve(text.size());
  for_each_character(text, [&](gunichar c) {
    if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) {
      straight += '\'';
    } else if (c >= 0x201C && c <= 0x201F) {
      straight += '"';
    } else {
      append(straight, c);
    }
  });
  return straight;
}

std::string compose(const std::string &text) {
  const std::unique_ptr<char, decltype(&g_free)> composed(
      g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_DEFAULT_COMPOSE),
      g_free);
  return composed.get();
}

std::string fold_white_space(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool pending = false;
  for_each_character(text, [&](gunichar c) {
    if (is_space(c)) {
      pending = true;
      return;
    }
    if (pending && !folded.empty()) folded += ' ';
    pending = false;
    append(folded, c);
  });
  return folded;
}

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

// As Python's str.lower. g_utf8_strdown would ask the locale, and Turkish lowers I to a dotless
// one.
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

// --- HTML entities -------------------------------------------------------------------------------

// The characters that Windows-1252 has where Unicode has control characters, from 0x80.
constexpr std::array<gunichar, 32> kWindows1252{
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

void append_numbered(std::string &out, gunichar number) {
  if (number == 0 || number > kLastCharacter || (number >= 0xD800 && number <= 0xDFFF)) {
    append(out, kReplacement);
  } else if (number >= 0x80 && number <= 0x9F) {
    append(out, kWindows1252[number - 0x80]);
  } else {
    const bool control =
        (number < 0x20 && number != '\t' && number != '\n' && number != '\f' && number != '\r') ||
        number == 0x7F;
    const bool no_character = (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;
    if (!control && !no_character) append(out, number);
  }
}

// Reads `#123;` or `#x7b;` at the start of `text`; returns the bytes read, 0 where there is none.
std::size_t read_numbered(std::string_view text, std::string &out) {
  if (!text.starts_with('#')) return 0;
  std::size_t at = 1;
  const bool hexadecimal = at < text.size() && (text[at] == 'x' || text[at] == 'X');
  if (hexadecimal) ++at;
  const std::size_t first = at;
  gunichar number = 0;
  for (; at < text.size(); ++at) {
    const int digit = hexadecimal ? g_ascii_xdigit_value(text[at]) : g_ascii_digit_value(text[at]);
    if (digit < 0) break;
    number = std::min(number * (hexadecimal ? 16 : 10) + static_cast<gunichar>(digit),
                      kLastCharacter + 1);
  }
  if (at == first) return 0;
  append_numbered(out, number);
  return at < text.size() && text[at] == ';' ? at + 1 : at;
}

std::optional<std::string_view> find_entity(std::string_view name) {
  const auto found = std::ranges::lower_bound(kHtmlEntities, name, {},
                                              [](const auto &entity) { return entity.first; });
  if (found == kHtmlEntities.end() || found->first != name) return std::nullopt;
  return found->second;
}

// The longest run that may be a name: up to 32 characters, and a semicolon.
std::string_view read_name(std::string_view text) {
  constexpr std::string_view kNeverInNames = "\t\n\f <&#;";
  constexpr int kLongestName = 32;
  const char *p = text.data();
  const char *const end = p + text.size();
  for (int i = 0; i < kLongestName && p < end; ++i) {
    if (kNeverInNames.find(*p) != std::string_view::npos) break;
    p = g_utf8_next_char(p);
  }
  if (p > text.data() && p < end && *p == ';') ++p;
  return {text.data(), static_cast<std::size_t>(p - text.data())};
}

// Replaces the name at the start of `text`, or the longest prefix that is one; returns the bytes
// read, 0 where no entity is there.
std::size_t read_named(std::string_view text, std::string &out) {
  for (std::string_view name = read_name(text); name.size() > 1; name.remove_suffix(1)) {
    const std::optional<std::string_view> value = find_entity(name);
    if (!value) continue;
    out += *value;
    return name.size();
  }
  return 0;
}

}  // namespace

std::string unescape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return out;
    text.remove_prefix(ampersand + 1);
    std::size_t read = read_numbered(text, out);
    if (read == 0) read = read_named(text, out);
    if (read == 0) out += '&';
    text.remove_prefix(read);
  }
}

std::string clean_text(std::string_view text) {
  check_utf8(text);
  const std::string fixed = compose(straighten_quotes(text));
  return lower(fold_white_space(unescape_html(unescape_html(fixed))));
}

}  // namespace naclip
