#include "json.h"

namespace naclip::live::web {
namespace {

JsonNode *value_of(JsonNode *object, const char *name, GType type, const char *what) {
  JsonNode *node = find(object, name);
  if (!node || json_node_get_value_type(node) != type)
    throw BadRequest("'" + std::string(name) + "' has to be " + what);
  return node;
}

}  // namespace

std::string json_text(const std::function<void(JsonBuilder *)> &members) {
  g_autoptr(JsonBuilder) json = json_builder_new();
  json_builder_begin_object(json);
  members(json);
  json_builder_end_object(json);
  const JsonPtr root(json_builder_get_root(json));
  g_autofree char *text = json_to_string(root.get(), FALSE);
  // JSON-GLib leaves the last control character as it is, which browsers refuse.
  std::string escaped;
  for (const char *one = text; *one != '\0'; ++one) {
    if (*one == '\x1f') {
      escaped += "\\u001f";
    } else {
      escaped += *one;
    }
  }
  return escaped;
}

void member(JsonBuilder *json, const char *name, const std::string &value) {
  member(json, name, value.c_str());
}

void member(JsonBuilder *json, const char *name, const char *value) {
  json_builder_set_member_name(json, name);
  json_builder_add_string_value(json, value);
}

void member(JsonBuilder *json, const char *name, bool value) {
  json_builder_set_member_name(json, name);
  json_builder_add_boolean_value(json, static_cast<gboolean>(value));
}

void member(JsonBuilder *json, const char *name, double value) {
  json_builder_set_member_name(json, name);
  json_builder_add_double_value(json, value);
}

void member(JsonBuilder *json, const char *name, gint64 value) {
  json_builder_set_member_name(json, name);
  json_builder_add_int_value(json, value);
}

JsonPtr parse_object(const std::string &text) {
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autoptr(GError) error = nullptr;
  if (!g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr))
    throw BadRequest("the body is not UTF-8");
  if (!json_parser_load_from_data(parser, text.c_str(), static_cast<gssize>(text.size()), &error))
    throw BadRequest(std::string("the body is not JSON: ") + error->message);
  JsonPtr root(json_parser_steal_root(parser));
  if (!root || !JSON_NODE_HOLDS_OBJECT(root.get()))
    throw BadRequest("the body has to be a JSON object");
  return root;
}

JsonNode *find(JsonNode *object, const char *name) {
  JsonObject *members = json_node_get_object(object);
  JsonNode *node =
      json_object_has_member(members, name) ? json_object_get_member(members, name) : nullptr;
  return node && !JSON_NODE_HOLDS_NULL(node) ? node : nullptr;
}

std::string text_of(JsonNode *object, const char *name) {
  return json_node_get_string(value_of(object, name, G_TYPE_STRING, "a text"));
}

bool truth_of(JsonNode *object, const char *name) {
  return json_node_get_boolean(value_of(object, name, G_TYPE_BOOLEAN, "true or false")) != FALSE;
}

}  // namespace naclip::live::web
