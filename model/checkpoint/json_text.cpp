#include "model/checkpoint/json_text.h"

namespace naclip {
namespace {

/// JSON-GLib recurses without bound, so that depth is limited before it sees the text.
void check_nesting(std::string_view text, int nesting) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char character = text[i];
    if (quoted && character == '\\') {
      i++;
    } else if (character == '"') {
      quoted = !quoted;
    } else if (!quoted && (character == '{' || character == '[')) {
      if (++depth > nesting) throw JsonDamage("it is nested too deeply");
    } else if (!quoted && (character == '}' || character == ']')) {
      depth--;
    } else if (!quoted && (character == '/' || character == '#')) {
      // The parser takes comments and other quotes, which would hide brackets from this count.
      throw JsonDamage("it has a comment");
    } else if (!quoted && character == '\'') {
      throw JsonDamage("it has a text in single quotes");
    }
  }
}

/// The member where it holds a single value of that type, else null.
JsonNode *value_member(JsonObject *object, const char *name, GType type) {
  JsonNode *node = object == nullptr ? nullptr : json_object_get_member(object, name);
  const bool fits =
      node != nullptr && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
  return fits ? node : nullptr;
}

}  // namespace

JsonText::JsonText(std::string_view text, int nesting)
    : parser_(json_parser_new_immutable(), g_object_unref) {
  if (!g_utf8_validate_len(text.data(), text.size(), nullptr)) throw JsonDamage("it is not UTF-8");
  check_nesting(text, nesting);
  GError *error = nullptr;
  if (!json_parser_load_from_data(parser_.get(), text.data(), static_cast<gssize>(text.size()),
                                  &error)) {
    const std::unique_ptr<GError, decltype(&g_error_free)> owned(error, g_error_free);
    throw JsonDamage(owned->message);
  }
  JsonNode *root = json_parser_get_root(parser_.get());
  if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) throw JsonDamage("it is no JSON object");
  root_ = json_node_get_object(root);
}

JsonObject *object_member(JsonObject *object, const char *name) {
  JsonNode *node = object == nullptr ? nullptr : json_object_get_member(object, name);
  return node != nullptr && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : nullptr;
}

std::optional<std::string> text_member(JsonObject *object, const char *name) {
  JsonNode *node = value_member(object, name, G_TYPE_STRING);
  return node == nullptr ? std::nullopt : std::optional<std::string>(json_node_get_string(node));
}

std::optional<std::int64_t> integer_member(JsonObject *object, const char *name) {
  JsonNode *node = value_member(object, name, G_TYPE_INT64);
  return node == nullptr ? std::nullopt : std::optional<std::int64_t>(json_node_get_int(node));
}

std::optional<bool> truth_member(JsonObject *object, const char *name) {
  JsonNode *node = value_member(object, name, G_TYPE_BOOLEAN);
  return node == nullptr ? std::nullopt : std::optional(json_node_get_boolean(node) != FALSE);
}

std::optional<std::vector<double>> numbers_member(JsonObject *object, const char *name) {
  JsonNode *node = object == nullptr ? nullptr : json_object_get_member(object, name);
  if (node == nullptr || !JSON_NODE_HOLDS_ARRAY(node)) return std::nullopt;
  JsonArray *array = json_node_get_array(node);
  std::vector<double> numbers;
  for (guint i = 0; i < json_array_get_length(array); ++i) {
    JsonNode *element = json_array_get_element(array, i);
    const GType type = JSON_NODE_HOLDS_VALUE(element) ? json_node_get_value_type(element) : 0;
    if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64) return std::nullopt;
    numbers.push_back(json_node_get_double(element));
  }
  return numbers;
}

bool has_member(JsonObject *object, const char *name) {
  return object != nullptr && json_object_has_member(object, name) != FALSE;
}

}  // namespace naclip
