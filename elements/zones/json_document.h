// JSON whose mistakes can be told by line and key.
#pragma once

#include <json-glib/json-glib.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace naclip {

/// A parsed text. Its nodes live as long as this object.
class JsonDocument {
 public:
  /// `subject` begins what errors say, such as "The rules". Throws Error{kSettings} that names the
  /// line where this is no JSON, an object has a key twice, or there is more than one value.
  JsonDocument(std::string_view text, std::string subject);

  /// Throws Error{kSettings}: `The rules cannot be used: ` and `problem`.
  [[noreturn]] void fail(const std::string &problem) const;

  /// Null where the text is empty.
  JsonNode *root() const { return json_parser_get_root(parser_.get()); }

  /// The line, from 1 on, on which a member's value ends.
  int line_of(JsonObject *object, const char *key) const;
  /// The same of an element.
  int line_of(JsonArray *array, unsigned index) const;
  /// The line on which an object's first member ends; `otherwise` where it has none.
  int first_line_of(JsonObject *object, int otherwise) const;

 private:
  struct Unref {
    void operator()(JsonParser *parser) const { g_object_unref(parser); }
  };
  using Place = std::pair<const void *, std::string>;  // of an object or array, and what of it

  // The parser's signals.
  static void on_begin(JsonDocument *self);
  static void on_end(JsonDocument *self) { --self->depth_; }
  static void on_member(JsonDocument *self, JsonObject *object, const char *key);
  static void on_element(JsonDocument *self, JsonArray *array, int index);

  int line() const { return static_cast<int>(json_parser_get_current_line(parser_.get())); }
  void remember(std::string problem);
  int line_at(const Place &place) const;

  std::string subject_;
  std::unique_ptr<JsonParser, Unref> parser_;
  std::map<Place, int> lines_;
  int depth_ = 0, roots_ = 0;
  std::string problem_;  // the first one that the parser does not mind
};

}  // namespace naclip
