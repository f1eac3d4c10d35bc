#include "elements/zones/json_value.h"

#include <algorithm>

#include "elements/support/ptr.h"

namespace naclip {

JsonValue JsonValue::root_of(const JsonDocument &text) {
  JsonValue root(text, text.root(), "", 1);
  if (root.node_ == nullptr) root.fail("there is nothing.");
  return root;
}

void JsonValue::fail(const std::string &problem) const {
  // A container is where its first key is, rather than where it ends.
  const int line = node_ != nullptr && JSON_NODE_HOLDS_OBJECT(node_)
                       ? text_->first_line_of(json_node_get_object(node_), line_)
                       : line_;
  std::string place = "line " + std::to_string(line);
  if (!path_.empty()) place += ", " + path_;
  text_->fail(place + ": " + problem);
}

bool JsonValue::is_text() const {
  return JSON_NODE_HOLDS_VALUE(node_) && json_node_get_value_type(node_) == G_TYPE_STRING;
}

bool JsonValue::is_array() const {
  return JSON_NODE_HOLDS_ARRAY(node_);
}

std::string JsonValue::as_text() const {
  if (!is_text()) fail("this is no text in quotation marks.");
  const GCharPtr text(g_strstrip(g_strdup(json_node_get_string(node_))));
  if (*text == '\0') fail("this is empty.");
  return text.get();
}

double JsonValue::as_number() const {
  const GType type = JSON_NODE_HOLDS_VALUE(node_) ? json_node_get_value_type(node_) : G_TYPE_NONE;
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) fail("this is no number.");
  return json_node_get_double(node_);
}

std::vector<JsonValue> JsonValue::as_elements() const {
  if (!is_array()) fail("this is no list in [ ].");
  JsonArray *array = json_node_get_array(node_);
  std::vector<JsonValue> elements;
  for (guint index = 0; index < json_array_get_length(array); ++index) {
    std::string path = path_;
    path += '[' + std::to_string(index) + ']';
    elements.push_back({*text_, json_array_get_element(array, index), std::move(path),
                        text_->line_of(array, index)});
  }
  return elements;
}

JsonObject *JsonValue::object() const {
  if (!JSON_NODE_HOLDS_OBJECT(node_)) fail("this is no object in { }.");
  return json_node_get_object(node_);
}

void JsonValue::require_object(std::initializer_list<std::string_view> keys) const {
  for (const auto &[key, value] : as_members()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string known;
    for (const std::string_view one : keys) {
      if (!known.empty()) known += ", ";
      known += one;
    }
    value.fail("there is no such key. There are: " + known + ".");
  }
}

bool JsonValue::has(const char *key) const {
  return json_object_has_member(object(), key) != FALSE;
}

std::optional<JsonValue> JsonValue::member(const char *key) const {
  if (!has(key)) return std::nullopt;
  std::string path = path_;
  if (!path.empty()) path += '.';
  path += key;
  return JsonValue(*text_, json_object_get_member(object(), key), std::move(path),
                   text_->line_of(object(), key));
}

JsonValue JsonValue::required_member(const char *key) const {
  const std::optional<JsonValue> value = member(key);
  if (!value) fail("the key " + std::string(key) + " is missing.");
  return *value;
}

std::vector<std::pair<std::string, JsonValue>> JsonValue::as_members() const {
  std::vector<std::pair<std::string, JsonValue>> members;
  JsonObjectIter iterator;
  json_object_iter_init_ordered(&iterator, object());
  const char *key = nullptr;
  JsonNode *node = nullptr;
  while (json_object_iter_next_ordered(&iterator, &key, &node))
    members.emplace_back(key, *member(key));
  return members;
}

}  // namespace naclip
