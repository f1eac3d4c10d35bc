#include "properties_json.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "examples/live/stream/choices.h"
#include "examples/live/stream/properties.h"

namespace naclip::live::web {
namespace {

/// Of the properties that are texts, those that name no file.
constexpr std::array kTexts{"classes", "refine-dilations"};

bool is_offered(GstElement *element, const GParamSpec *spec) {
  constexpr auto kFlags = G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING;
  if (spec->owner_type != G_OBJECT_TYPE(element) || (spec->flags & kFlags) != kFlags) return false;
  const bool is_known_text = std::find_if(kTexts.begin(), kTexts.end(), [&](const char *name) {
                               return g_strcmp0(name, spec->name) == 0;
                             }) != kTexts.end();
  return spec->value_type != G_TYPE_STRING || is_known_text;
}

void add_range(JsonBuilder *json, GParamSpec *spec) {
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    member(json, "minimum", G_PARAM_SPEC_DOUBLE(spec)->minimum);
    member(json, "maximum", G_PARAM_SPEC_DOUBLE(spec)->maximum);
  } else if (G_IS_PARAM_SPEC_INT(spec)) {
    member(json, "minimum", static_cast<gint64>(G_PARAM_SPEC_INT(spec)->minimum));
    member(json, "maximum", static_cast<gint64>(G_PARAM_SPEC_INT(spec)->maximum));
  } else if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass *choices = G_PARAM_SPEC_ENUM(spec)->enum_class;
    json_builder_set_member_name(json, "choices");
    json_builder_begin_array(json);
    for (guint i = 0; i < choices->n_values; ++i)
      json_builder_add_string_value(json, choices->values[i].value_nick);
    json_builder_end_array(json);
  }
}

void add_value(JsonBuilder *json, GParamSpec *spec, const GValue *value) {
  if (G_VALUE_HOLDS_DOUBLE(value)) {
    member(json, "type", "number");
    member(json, "value", g_value_get_double(value));
  } else if (G_VALUE_HOLDS_INT(value)) {
    member(json, "type", "integer");
    member(json, "value", static_cast<gint64>(g_value_get_int(value)));
  } else if (G_VALUE_HOLDS_BOOLEAN(value)) {
    member(json, "type", "boolean");
    member(json, "value", g_value_get_boolean(value) != FALSE);
  } else if (G_VALUE_HOLDS_ENUM(value)) {
    const GEnumValue *choice =
        g_enum_get_value(G_PARAM_SPEC_ENUM(spec)->enum_class, g_value_get_enum(value));
    member(json, "type", "choice");
    member(json, "value", choice ? choice->value_nick : "");
  } else {
    const char *text = G_VALUE_HOLDS_STRING(value) ? g_value_get_string(value) : nullptr;
    member(json, "type", "text");
    member(json, "value", text ? text : "");
  }
}

void add_properties_of(JsonBuilder *json, GstElement *element) {
  guint count = 0;
  g_autofree GParamSpec **specs =
      g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  for (guint i = 0; i < count; ++i) {
    if (!is_offered(element, specs[i])) continue;
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element), specs[i]->name, &value);
    json_builder_set_member_name(json, specs[i]->name);
    json_builder_begin_object(json);
    add_value(json, specs[i], &value);
    add_range(json, specs[i]);
    member(json, "description", g_param_spec_get_blurb(specs[i]));
    json_builder_end_object(json);
  }
}

/// A JSON value as gst-launch-1.0 would have it.
std::string as_text(const std::string &name, JsonNode *node) {
  if (JSON_NODE_HOLDS_VALUE(node)) {
    switch (json_node_get_value_type(node)) {
      case G_TYPE_STRING:
        return json_node_get_string(node);
      case G_TYPE_BOOLEAN:
        return json_node_get_boolean(node) ? "true" : "false";
      case G_TYPE_INT64:
        return std::to_string(json_node_get_int(node));
      case G_TYPE_DOUBLE: {
        std::array<char, G_ASCII_DTOSTR_BUF_SIZE> text;
        return g_ascii_dtostr(text.data(), text.size(), json_node_get_double(node));
      }
      default:
        break;
    }
  }
  throw BadRequest("'" + name + "' has to be a number, a text, true or false");
}

GstElement *element_called(const Elements &elements, const std::string &name) {
  std::string names;
  for (const auto &[known, element] : elements) {
    if (known == name) return element;
    names += (names.empty() ? "" : ", ") + known;
  }
  throw BadRequest("there is no '" + name + "' here; there are " + names);
}

}  // namespace

void add_properties(JsonBuilder *json, const Elements &elements) {
  for (const auto &[name, element] : elements) {
    json_builder_set_member_name(json, name.c_str());
    json_builder_begin_object(json);
    add_properties_of(json, element);
    json_builder_end_object(json);
  }
}

void set_properties(JsonNode *object, const Elements &elements) {
  std::vector<std::tuple<GObject *, std::string, std::string>> wanted;
  JsonObjectIter all;
  const char *element_name = nullptr;
  JsonNode *properties = nullptr;
  json_object_iter_init(&all, json_node_get_object(object));
  while (json_object_iter_next(&all, &element_name, &properties)) {
    GstElement *element = element_called(elements, element_name);
    if (!JSON_NODE_HOLDS_OBJECT(properties))
      throw BadRequest("'" + std::string(element_name) + "' has to be an object");
    JsonObjectIter each;
    const char *name = nullptr;
    JsonNode *value = nullptr;
    json_object_iter_init(&each, json_node_get_object(properties));
    while (json_object_iter_next(&each, &name, &value)) {
      GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
      if (!spec || !is_offered(element, spec)) {
        throw BadRequest(std::string(element_name) + " has no property '" + name +
                         "' that can be set here");
      }
      wanted.emplace_back(G_OBJECT(element), name, as_text(name, value));
    }
  }
  try {
    for (const auto &[element, name, value] : wanted) check_text(element, name, value);
    for (const auto &[element, name, value] : wanted) set_from_text(element, name, value);
  } catch (const UsageError &error) {
    throw BadRequest(error.what());
  }
}

}  // namespace naclip::live::web
