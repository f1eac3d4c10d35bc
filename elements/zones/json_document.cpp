#include "elements/zones/json_document.h"

#include <algorithm>
#include <cstdio>

#include "elements/support/ptr.h"
#include "model/error.h"

namespace naclip {
namespace {

/// The parser's words, which begin with a line and a column, in ours.
std::string problem_of(const std::string &message) {
  int line = 0, column = 0, read = 0;
  if (std::sscanf(message.c_str(), "<data>:%d:%d: %n", &line, &column, &read) != 2 || read == 0)
    return message;
  std::string problem = "line " + std::to_string(line) + ", column " + std::to_string(column);
  problem += ": ";
  problem += message.substr(static_cast<std::size_t>(read));
  return problem;
}

/// The line on which brackets are nested deeper than rules ever are; 0 where none is. JSON-GLib
/// recurses, so that a text of brackets alone would end the program.
int line_too_deep(std::string_view text) {
  constexpr int kDeepest = 32;
  int line = 1, depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;
    if (quoted) continue;
    if ((c == '[' || c == '{') && ++depth > kDeepest) return line;
    if (c == ']' || c == '}') --depth;
  }
  return 0;
}

}  // namespace

JsonDocument::JsonDocument(std::string_view text, std::string subject)
    : subject_(std::move(subject)), parser_(json_parser_new()) {
  if (const int line = line_too_deep(text); line > 0)
    fail("line " + std::to_string(line) + ": brackets are nested too deep.");
  const auto connect = [this](const char *signal, GCallback callback) {
    g_signal_connect_swapped(parser_.get(), signal, callback, this);
  };
  connect("object-start", G_CALLBACK(on_begin));
  connect("object-end", G_CALLBACK(on_end));
  connect("object-member", G_CALLBACK(on_member));
  connect("array-start", G_CALLBACK(on_begin));
  connect("array-end", G_CALLBACK(on_end));
  connect("array-element", G_CALLBACK(on_element));
  GError *error = nullptr;
  const bool parsed = json_parser_load_from_data(parser_.get(), text.data(),
                                                 static_cast<gssize>(text.size()), &error);
  const Ptr<GError> owner(error);
  if (!parsed) fail(problem_of(error->message));
  if (!problem_.empty()) fail(problem_);
}

void JsonDocument::fail(const std::string &problem) const {
  throw Error(ErrorKind::kSettings, subject_ + " cannot be used: " + problem);
}

void JsonDocument::on_begin(JsonDocument *self) {
  if (self->depth_++ == 0 && ++self->roots_ > 1)
    self->remember("another value begins. Put several rules into [ ].");
}

void JsonDocument::on_member(JsonDocument *self, JsonObject *object, const char *key) {
  const bool is_new = self->lines_.try_emplace({object, key}, self->line()).second;
  if (!is_new) self->remember("the key " + std::string(key) + " is there twice.");
}

void JsonDocument::on_element(JsonDocument *self, JsonArray *array, int index) {
  self->lines_.try_emplace({array, std::to_string(index)}, self->line());
}

void JsonDocument::remember(std::string problem) {
  if (problem_.empty()) problem_ = "line " + std::to_string(line()) + ": " + std::move(problem);
}

int JsonDocument::line_at(const Place &place) const {
  const auto found = lines_.find(place);
  return found != lines_.end() ? found->second : 1;
}

int JsonDocument::line_of(JsonObject *object, const char *key) const {
  return line_at({object, key});
}

int JsonDocument::line_of(JsonArray *array, unsigned index) const {
  return line_at({array, std::to_string(index)});
}

int JsonDocument::first_line_of(JsonObject *object, int otherwise) const {
  int first = 0;
  for (auto place = lines_.lower_bound({object, ""});
       place != lines_.end() && place->first.first == object; ++place)
    first = first == 0 ? place->second : std::min(first, place->second);
  return first == 0 ? otherwise : first;
}

}  // namespace naclip
