// JSON out of files that anybody may have written.
#pragma once

#include <json-glib/json-glib.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace naclip {

/// A text that is no JSON object; what() says why.
class JsonDamage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A JSON object, and the parser that owns it.
class JsonText {
 public:
  /// Throws JsonDamage where the text is no JSON object in UTF-8, or nested deeper than `nesting`.
  JsonText(std::string_view text, int nesting);

  JsonObject *root() const { return root_; }

 private:
  std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser_;
  JsonObject *root_ = nullptr;
};

/// A member of that type; null or nothing where there is none. `object` may be null.
JsonObject *object_member(JsonObject *object, const char *name);
std::optional<std::string> text_member(JsonObject *object, const char *name);
std::optional<std::int64_t> integer_member(JsonObject *object, const char *name);
std::optional<bool> truth_member(JsonObject *object, const char *name);
/// Of a list that holds numbers alone.
std::optional<std::vector<double>> numbers_member(JsonObject *object, const char *name);
/// Whether there is one, of whatever type.
bool has_member(JsonObject *object, const char *name);

}  // namespace naclip
