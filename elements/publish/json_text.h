// Writes JSON into one string that is used again for each message.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace naclip {

/// One JSON text, value by value. A name is null inside a list. Memory is kept from one text to the
/// next, and nothing else is allocated. JSON-GLib, which the tools write with, makes a node for
/// each value and prints a real number with 17 digits.
class JsonText {
 public:
  void clear() { text_.clear(); }
  const std::string &str() const { return text_; }

  void begin_object(const char *name = nullptr) { open(name, '{'); }
  void end_object() { text_ += '}'; }
  void begin_list(const char *name = nullptr) { open(name, '['); }
  void end_list() { text_ += ']'; }

  /// Text that is not UTF-8 gets replacement characters.
  void text(const char *name, std::string_view value);

  template <class Integer>
  void integer(const char *name, Integer value) {
    separate(name);
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  /// To five significant digits; null where it is not finite.
  void real(const char *name, double value) {
    separate(name);
    if (!std::isfinite(value)) {
      text_ += "null";
      return;
    }
    char digits[32];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 5);
    text_.append(digits, end.ptr);
  }

 private:
  void open(const char *name, char bracket) {
    separate(name);
    text_ += bracket;
  }
  void separate(const char *name) {
    // Strings end with a quote, so these are brackets and the colon of a name.
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[') text_ += ',';
    if (name == nullptr) return;
    text_ += '"';
    text_ += name;
    text_ += "\":";
  }

  std::string text_;
};

}  // namespace naclip
