#include "vocabulary_json.h"

#include <array>
#include <sstream>
#include <utility>

#include "model/base/colour_text.h"
#include "model/error.h"

namespace naclip::live::web {
namespace {

std::string colour_text(Colour colour) {
  g_autofree char *text = g_strdup_printf("#%06x", colour);
  return text;
}

/// As the grammar of vocabularies has it: "label #rrggbb >0.5: synonym, synonym".
std::string class_text(const VocabularyClass &one) {
  std::string text = one.label;
  if (one.colour) text += " " + colour_text(*one.colour);
  if (one.threshold) {
    std::array<char, G_ASCII_DTOSTR_BUF_SIZE> number;
    text +=
        std::string(" >") + g_ascii_formatd(number.data(), number.size(), "%.6g", *one.threshold);
  }
  text += ":";
  for (std::size_t i = 0; i < one.synonyms.size(); ++i)
    text += (i == 0 ? " " : ", ") + one.synonyms[i];
  return text;
}

/// A text without white space around it, and with one space where it holds more.
std::string one_spaced(const char *text) {
  std::istringstream words(text);
  std::string spaced;
  for (std::string word; words >> word;) spaced += (spaced.empty() ? "" : " ") + word;
  return spaced;
}

std::vector<std::string> synonyms_of(JsonNode *object, const std::string &label) {
  JsonNode *list = find(object, "synonyms");
  if (!list) return {label};
  if (!JSON_NODE_HOLDS_ARRAY(list)) throw BadRequest("'synonyms' has to be a list of texts");
  JsonArray *words = json_node_get_array(list);
  std::vector<std::string> synonyms;
  for (guint i = 0; i < json_array_get_length(words); ++i) {
    JsonNode *word = json_array_get_element(words, i);
    if (json_node_get_value_type(word) != G_TYPE_STRING)
      throw BadRequest("'synonyms' has to be a list of texts");
    synonyms.push_back(one_spaced(json_node_get_string(word)));
  }
  if (synonyms.empty()) synonyms.push_back(label);
  return synonyms;
}

VocabularyClass class_of(JsonNode *object) {
  if (!JSON_NODE_HOLDS_OBJECT(object)) throw BadRequest("'classes' has to be a list of objects");
  VocabularyClass one;
  one.label = one_spaced(text_of(object, "label").c_str());
  one.synonyms = synonyms_of(object, one.label);
  if (find(object, "colour")) {
    const std::string colour = text_of(object, "colour");
    one.colour = colour_from_text(colour);
    if (!one.colour)
      throw BadRequest("'" + colour + "' is no colour; one is written as in #ff8000");
  }
  if (JsonNode *threshold = find(object, "threshold")) {
    if (json_node_get_value_type(threshold) != G_TYPE_DOUBLE &&
        json_node_get_value_type(threshold) != G_TYPE_INT64) {
      throw BadRequest("'threshold' has to be a number from 0 to 1");
    }
    one.threshold = json_node_get_double(threshold);
  }
  return one;
}

/// Throws BadRequest.
Vocabulary parse(const std::string &text) {
  try {
    return Vocabulary::parse(text);
  } catch (const Error &error) {
    throw BadRequest(error.what());
  }
}

/// Throws BadRequest where a word holds what the grammar has other uses for.
void require_same(const VocabularyClass &wanted) {
  const auto refuse = [&] {
    throw BadRequest("'" + wanted.label +
                     "' cannot be a class: words are not empty and hold none of ; , : # > nor the "
                     "end of a line, and a threshold is a number from 0 to 1");
  };
  try {
    const Vocabulary read = Vocabulary::parse(class_text(wanted));
    const VocabularyClass &one = read.classes().front();
    if (read.classes().size() != 1 || one.label != wanted.label ||
        one.synonyms != wanted.synonyms || one.colour != wanted.colour ||
        one.threshold.has_value() != wanted.threshold.has_value()) {
      refuse();
    }
  } catch (const Error &) {
    refuse();
  }
}

}  // namespace

std::string vocabulary_text(GstElement *segment) {
  g_autofree char *text = nullptr;
  g_autofree char *file = nullptr;
  g_object_get(segment, "vocabulary", &text, "vocabulary-file", &file, nullptr);
  if (text && *text) return text;
  g_autofree char *read = nullptr;
  if (file && *file) g_file_get_contents(file, &read, nullptr, nullptr);
  return read ? read : "";
}

void add_vocabulary(JsonBuilder *json, const std::string &text) {
  member(json, "vocabulary", text);
  json_builder_set_member_name(json, "classes");
  json_builder_begin_array(json);
  try {
    const Vocabulary vocabulary = Vocabulary::parse(text);
    for (const VocabularyClass &one : vocabulary.classes()) {
      json_builder_begin_object(json);
      member(json, "label", one.label);
      json_builder_set_member_name(json, "synonyms");
      json_builder_begin_array(json);
      for (const std::string &word : one.synonyms)
        json_builder_add_string_value(json, word.c_str());
      json_builder_end_array(json);
      if (one.colour) {
        member(json, "colour", colour_text(*one.colour));
      } else {
        json_builder_set_member_name(json, "colour");
        json_builder_add_null_value(json);
      }
      if (one.threshold) {
        member(json, "threshold", *one.threshold);
      } else {
        json_builder_set_member_name(json, "threshold");
        json_builder_add_null_value(json);
      }
      json_builder_end_object(json);
    }
  } catch (const Error &) {
    // Such as a file that was changed since it was read: the text is all that can be shown.
  }
  json_builder_end_array(json);
}

std::string requested_vocabulary(JsonNode *object) {
  JsonObject *members = json_node_get_object(object);
  const bool has_text = json_object_has_member(members, "vocabulary") != FALSE;
  const bool has_classes = json_object_has_member(members, "classes") != FALSE;
  if (has_text == has_classes)
    throw BadRequest("'vocabulary' or 'classes' is needed, and one of them");
  if (has_text) {
    std::string text = text_of(object, "vocabulary");
    parse(text);
    return text;
  }
  JsonNode *classes = json_object_get_member(members, "classes");
  if (!JSON_NODE_HOLDS_ARRAY(classes)) throw BadRequest("'classes' has to be a list of objects");
  JsonArray *list = json_node_get_array(classes);
  std::string text;
  for (guint i = 0; i < json_array_get_length(list); ++i) {
    const VocabularyClass one = class_of(json_array_get_element(list, i));
    require_same(one);
    text += (i == 0 ? "" : "; ") + class_text(one);
  }
  parse(text);
  return text;
}

}  // namespace naclip::live::web
