// JSON written and read.
#pragma once

#include <json-glib/json-glib.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace naclip::live::web {

/// A request that cannot be done as it is; the text says what to send instead.
class BadRequest : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct JsonFree {
  void operator()(JsonNode *node) const noexcept { json_node_unref(node); }
};
using JsonPtr = std::unique_ptr<JsonNode, JsonFree>;

/// Writes one JSON object: `json_text([&](JsonBuilder *json) { member(json, "name", value); ... })`.
std::string json_text(const std::function<void(JsonBuilder *)> &members);

void member(JsonBuilder *json, const char *name, const std::string &value);
void member(JsonBuilder *json, const char *name, const char *value);
void member(JsonBuilder *json, const char *name, bool value);
void member(JsonBuilder *json, const char *name, double value);
void member(JsonBuilder *json, const char *name, gint64 value);

/// Throws BadRequest where the text is not one JSON object.
JsonPtr parse_object(const std::string &text);

/// A member of an object, null where it is missing or null.
JsonNode *find(JsonNode *object, const char *name);
/// Throw BadRequest, which names the member, where it is missing or something else.
std::string text_of(JsonNode *object, const char *name);
bool truth_of(JsonNode *object, const char *name);

}  // namespace naclip::live::web
