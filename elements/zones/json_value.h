// A value of a JSON text that knows where it stands, so that whoever finds fault with it can say
// where.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elements/zones/json_document.h"

namespace naclip {

/// Lives no longer than its text. Each as_...() throws as fail() does where the value is something
/// else.
class JsonValue {
 public:
  static JsonValue root_of(const JsonDocument &text);

  /// Throws as JsonDocument::fail(): `line 3, rules[1].above: ` and `problem`.
  [[noreturn]] void fail(const std::string &problem) const;

  bool is_text() const;
  bool is_array() const;

  std::string as_text() const;  ///< not empty, without white space at its ends
  double as_number() const;
  std::vector<JsonValue> as_elements() const;

  /// Throws where the value is no object, or has a key that is not among these.
  void require_object(std::initializer_list<std::string_view> keys) const;
  bool has(const char *key) const;
  std::optional<JsonValue> member(const char *key) const;
  /// Throws where it has no such key.
  JsonValue required_member(const char *key) const;
  /// Its keys and values in the order written.
  std::vector<std::pair<std::string, JsonValue>> as_members() const;

 private:
  JsonValue(const JsonDocument &text, JsonNode *node, std::string path, int line)
      : text_(&text), node_(node), path_(std::move(path)), line_(line) {}
  JsonObject *object() const;

  const JsonDocument *text_;
  JsonNode *node_;
  std::string path_;  // from the root; empty for that
  int line_;
};

}  // namespace naclip
