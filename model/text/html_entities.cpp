#include "model/text/html_entities.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "model/text/characters.h"
#include "model/text/html_entities.inc"

namespace naclip {
namespace {

constexpr gunichar kReplacement = 0xFFFD;
constexpr gunichar kLastCharacter = 0x10FFFF;

void append_numbered(std::string &out, gunichar number) {
  if (number == 0 || number > kLastCharacter || (number >= 0xD800 && number <= 0xDFFF)) {
    append(out, kReplacement);
  } else {
    const bool control =
        (number < 0x20 && number != '\t' && number != '\n' && number != '\f' && number != '\r') ||
        number == 0x7F;
    const bool no_character = (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;
    if (!control && !no_character) append(out, windows_1252(number));
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

using Entities = std::span<const std::pair<std::string_view, std::string_view>>;

std::optional<std::string_view> find_entity(Entities entities, std::string_view name) {
  const auto found =
      std::ranges::lower_bound(entities, name, {}, [](const auto &entity) { return entity.first; });
  if (found == entities.end() || found->first != name) return std::nullopt;
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
    const std::optional<std::string_view> value = find_entity(kHtmlEntities, name);
    if (!value) continue;
    out += *value;
    return name.size();
  }
  return 0;
}

// The letters and digits at the start of `text`, behind a number sign where there is one, and their
// semicolon; empty where they are too many or something else is there.
std::string_view read_sure(std::string_view text) {
  constexpr std::size_t kMostCharacters = 24;
  const std::size_t first = text.starts_with('#') ? 1 : 0;
  std::size_t at = first;
  while (at < text.size() && g_ascii_isalnum(text[at])) ++at;
  const bool sure = at > first && at - first <= kMostCharacters && text.substr(at, 1) == ";";
  return sure ? text.substr(0, at + 1) : std::string_view{};
}

// What the whole `reference` stands for.
std::optional<std::string> meaning(std::string_view reference) {
  if (reference.starts_with('#')) {
    std::string character;
    const bool whole = read_numbered(reference, character) == reference.size();
    return whole && character != ";" ? std::optional(character) : std::nullopt;
  }
  std::optional<std::string_view> value = find_entity(kHtmlEntities, reference);
  if (!value) value = find_entity(kCapitalHtmlEntities, reference);
  return std::optional<std::string>(value);
}

// The bytes of references to the ampersand at the start of `text`, their own ampersands escaped.
std::size_t ampersands(std::string_view text) {
  std::size_t length = 0;
  while (true) {
    const std::string_view reference = read_sure(text.substr(length));
    if (meaning(reference) != "&") return length;
    length += reference.size();
  }
}

// Copies `text`, and calls read(rest, out) behind each ampersand, which appends what stands for the
// reference at the start of `rest` and returns the bytes read, 0 where there is none.
template <typename Read>
std::string replace_references(std::string_view text, Read read) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return out;
    text.remove_prefix(ampersand + 1);
    const std::size_t length = read(text, out);
    if (length == 0) out += '&';
    text.remove_prefix(length);
  }
}

}  // namespace

std::string unescape_html(std::string_view text) {
  return replace_references(text, [](std::string_view rest, std::string &out) {
    const std::size_t length = read_numbered(rest, out);
    return length > 0 ? length : read_named(rest, out);
  });
}

std::string unescape_sure_html(std::string_view text) {
  return replace_references(text, [](std::string_view rest, std::string &out) -> std::size_t {
    const std::string_view reference = read_sure(rest);
    const std::optional<std::string> value = meaning(reference);
    if (!value) return 0;
    out += *value;
    const std::size_t length = reference.size();
    return *value == "&" ? length + ampersands(rest.substr(length)) : length;
  });
}

gunichar windows_1252(gunichar c) {
  constexpr gunichar kFirst = 0x80;
  constexpr std::array<gunichar, 32> kCharacters{
      0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return c >= kFirst && c - kFirst < kCharacters.size() ? kCharacters[c - kFirst] : c;
}

}  // namespace naclip
