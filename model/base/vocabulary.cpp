#include "model/vocabulary.h"

#include <glib.h>

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "model/base/class_colours.h"
#include "model/base/colour_text.h"
#include "model/base/file_error.h"
#include "model/base/quote.h"
#include "model/base/white_space.h"
#include "model/error.h"

namespace naclip {
namespace {

// Region ids have 16 bits, and 0 is taken.
constexpr std::size_t kMaxClasses = std::numeric_limits<std::uint16_t>::max();
constexpr std::string_view kBackground = "background";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Reads the grammar; every view that it holds lies in the text, so that a position can be told from
// it.
class Parser {
 public:
  Parser(std::string_view text, std::string source) : text_(text), source_(std::move(source)) {}

  std::vector<VocabularyClass> parse() {
    check_utf8();
    std::string_view rest = text_;
    if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
      parse_line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (classes_.empty()) {
      fail(text_.data() + text_.size(),
           "the vocabulary names no class; write at least one word, e.g. \"person; car, truck\"");
    }
    return std::move(classes_);
  }

 private:
  // Counts lines and characters up to a place in the text, which only an error needs.
  [[noreturn]] void fail(const char *where, const std::string &message) const {
    std::size_t line = 1;
    std::size_t column = 1;
    for (const char *p = text_.data(); p < where; ++p) {
      const bool crlf = *p == '\r' && p + 1 < text_.data() + text_.size() && p[1] == '\n';
      if (*p == '\n' || (*p == '\r' && !crlf)) {
        ++line;
        column = 1;
      } else if ((*p & 0xC0) != 0x80 && !crlf) {
        ++column;
      }
    }
    throw Error(ErrorKind::kVocabulary, source_ + ":" + std::to_string(line) + ":" +
                                            std::to_string(column) + ": " + message);
  }

  void check_utf8() const {
    const char *end = nullptr;
    if (text_.empty() || g_utf8_validate_len(text_.data(), text_.size(), &end)) return;
    fail(end, "byte " + std::to_string(end - text_.data()) +
                  " is not valid UTF-8 text; save the vocabulary as UTF-8");
  }

  void parse_line(std::string_view line) {
    const std::string_view first = next_token(line, ";,:");
    if (first.starts_with('#') && !colour_from_text(first)) return;
    while (true) {
      const std::size_t end = std::min(line.find(';'), line.size());
      parse_class(line.substr(0, end));
      if (end == line.size()) return;
      line.remove_prefix(end + 1);
    }
  }

  // The first run of characters that are neither white space nor one of `delimiters`, after white
  // space.
  static std::string_view next_token(std::string_view text, std::string_view delimiters) {
    const char *p = text.data();
    const char *const end = p + text.size();
    while (p < end && is_space(g_utf8_get_char(p))) p = g_utf8_next_char(p);
    const char *const begin = p;
    while (p < end && delimiters.find(*p) == std::string_view::npos &&
           !is_space(g_utf8_get_char(p))) {
      p = g_utf8_next_char(p);
    }
    return {begin, static_cast<std::size_t>(p - begin)};
  }

  // The words of one piece of a class, one space between them; a colour and a threshold among them
  // go to `owner`.
  std::string parse_words(std::string_view piece, VocabularyClass &owner) const {
    std::string words;
    while (true) {
      std::string_view token = next_token(piece, "");
      if (token.empty()) return words;
      if (const auto sign = token.find('>'); sign != 0) token = token.substr(0, sign);
      piece.remove_prefix(token.data() + token.size() - piece.data());
      if (token.starts_with('#')) {
        put_once(owner.colour, read_colour(token), token, "colour");
      } else if (token.starts_with('>')) {
        if (token.size() == 1) {  // the number stands apart
          const std::string_view number = next_token(piece, "");
          token = {token.data(),
                   static_cast<std::size_t>(number.data() + number.size() - token.data())};
          piece.remove_prefix(number.data() + number.size() - piece.data());
        }
        put_once(owner.threshold, read_threshold(token), token, "threshold");
      } else {
        if (!words.empty()) words += ' ';
        words += token;
      }
    }
  }

  template <class Value>
  void put_once(std::optional<Value> &place, Value value, std::string_view token,
                const char *what) const {
    if (place)
      fail(token.data(), std::string("a second ") + what + " in one class; remove one of them");
    place = value;
  }

  Colour read_colour(std::string_view token) const {
    if (const std::optional<Colour> colour = colour_from_text(token)) return *colour;
    fail(token.data(),
         quote(token) +
             " is no colour; write # and six hexadecimal digits, e.g. #30a030, or put "
             "a comment on a line of its own");
  }

  double read_threshold(std::string_view token) const {
    const std::string number(token.substr(1));  // strtod drops white space
    gchar *end = nullptr;
    const double value = g_ascii_strtod(number.c_str(), &end);
    if (!number.empty() && *end == '\0' && value >= 0.0 && value <= 1.0) return value;
    fail(token.data(),
         quote(token) + " is no threshold; write > and a number from 0 to 1, e.g. >0.6");
  }

  void parse_class(std::string_view text) {
    VocabularyClass result;
    const char *const begin = next_token(text, "").data();
    const std::size_t separator = text.find_first_of(":,");
    if (separator != std::string_view::npos && text[separator] == ':') {
      result.label = parse_words(text.substr(0, separator), result);
      text.remove_prefix(separator + 1);
      parse_synonyms(text, result);
      if (result.synonyms.empty()) fail_without_words(begin);
    } else {
      parse_synonyms(text, result);
      if (result.synonyms.empty() && !result.colour && !result.threshold) return;
      if (result.synonyms.empty()) fail_without_words(begin);
    }
    if (result.label.empty()) result.label = result.synonyms.front();
    add(std::move(result), begin);
  }

  void parse_synonyms(std::string_view text, VocabularyClass &result) const {
    while (true) {
      const std::size_t end = std::min(text.find(','), text.size());
      std::string words = parse_words(text.substr(0, end), result);
      if (!words.empty()) result.synonyms.push_back(std::move(words));
      if (end == text.size()) return;
      text.remove_prefix(end + 1);
    }
  }

  [[noreturn]] void fail_without_words(const char *where) const {
    fail(where, "a class without words; write at least one word to look for");
  }

  void add(VocabularyClass added, const char *where) {
    // However it is written, background is one region.
    const std::string key = is_background(added.label) ? std::string(kBackground) : added.label;
    if (!labels_.insert(key).second) {
      fail(where, "the label " + quote(added.label) +
                      " is used twice; join both classes with a comma or rename one");
    }
    if (classes_.size() == kMaxClasses) {
      fail(where, "more than " + std::to_string(kMaxClasses) + " classes; remove some");
    }
    classes_.push_back(std::move(added));
  }

  std::string_view text_;
  std::string source_;
  std::vector<VocabularyClass> classes_;
  std::unordered_set<std::string> labels_;
};

}  // namespace

Vocabulary Vocabulary::parse(std::string_view text) {
  return Vocabulary(Parser(text, "vocabulary").parse());
}

Vocabulary Vocabulary::parse_file(const std::string &path) {
  const std::string text =
      read_regular_file(path, "Cannot read the vocabulary file " + path + ": ");
  return Vocabulary(Parser(text, path).parse());
}

Vocabulary::Vocabulary(std::vector<VocabularyClass> classes) : classes_(std::move(classes)) {
  const std::vector<Colour> colours = class_colours(classes_);
  regions_.push_back({std::string(kBackground), 0x000000});
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    const VocabularyClass &added = classes_[i];
    Region region{added.label, colours[i]};
    if (is_background(added.label)) {
      regions_.front() = std::move(region);
      region_of_.push_back(0);
    } else {
      region_of_.push_back(regions_.size());
      regions_.push_back(std::move(region));
    }
  }
}

}  // namespace naclip
