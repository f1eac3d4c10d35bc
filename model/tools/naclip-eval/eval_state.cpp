#include "model/tools/naclip-eval/eval_state.h"

#include <glib.h>
#include <json-glib/json-glib.h>

#include <memory>

#include "model/error.h"
#include "model/tools/common/json_writer.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

// Changes whenever what the file holds does.
constexpr int kFormat = 1;

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};

/// File names are bytes, JSON is UTF-8: the escaped form reads back as it was.
std::string escaped(const std::string &bytes) {
  g_autofree gchar *text = g_strescape(bytes.c_str(), nullptr);
  return text;
}

/// Reads one file's members; whatever is not as it was written is an error that names the file.
class Reader {
 public:
  explicit Reader(const std::string &path) : path_(path), parser_(json_parser_new()) {
    g_autoptr(GError) error = nullptr;
    if (!json_parser_load_from_file(parser_.get(), path.c_str(), &error)) fail(error->message);
    root_ = object(json_parser_get_root(parser_.get()));
  }

  [[noreturn]] void fail(const std::string &cause) const {
    throw Error(ErrorKind::kFormat,
                path_ + " holds no run that can go on: begin anew with --restart", cause);
  }

  JsonObject *root() const { return root_; }

  JsonObject *object(JsonNode *node) const {
    if (node == nullptr || !JSON_NODE_HOLDS_OBJECT(node)) fail("an object is missing");
    return json_node_get_object(node);
  }

  JsonNode *member(JsonObject *parent, const char *name) const {
    JsonNode *node = json_object_get_member(parent, name);
    if (node == nullptr) fail(std::string(name) + " is missing");
    return node;
  }

  std::uint64_t number(JsonNode *node) const {
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 ||
        json_node_get_int(node) < 0)
      fail("a number is missing");
    return static_cast<std::uint64_t>(json_node_get_int(node));
  }

  std::string text(JsonNode *node) const {
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
      fail("a text is missing");
    return json_node_get_string(node);
  }

  std::string bytes(JsonNode *node) const {
    g_autofree gchar *bytes = g_strcompress(text(node).c_str());
    return bytes;
  }

  JsonArray *array(JsonObject *parent, const char *name) const {
    JsonNode *node = member(parent, name);
    if (!JSON_NODE_HOLDS_ARRAY(node)) fail(std::string(name) + " is no list");
    return json_node_get_array(node);
  }

  std::vector<std::uint64_t> numbers(JsonObject *parent, const char *name,
                                     std::size_t count) const {
    JsonArray *values = array(parent, name);
    if (json_array_get_length(values) != count) fail(std::string(name) + " has another length");
    std::vector<std::uint64_t> result;
    for (guint i = 0; i < json_array_get_length(values); ++i)
      result.push_back(number(json_array_get_element(values, i)));
    return result;
  }

  Settings settings(JsonObject *parent) const {
    Settings settings;
    g_autoptr(GList) names = json_object_get_members(parent);
    for (const GList *one = names; one != nullptr; one = one->next) {
      const auto *name = static_cast<const char *>(one->data);
      settings.emplace_back(name, text(member(parent, name)));
    }
    return settings;
  }

 private:
  std::string path_;
  std::unique_ptr<JsonParser, Unref> parser_;
  JsonObject *root_ = nullptr;
};

void check_identity(const Reader &reader, const std::string &path, const Settings &identity) {
  const std::vector<std::string> changed = differences(
      identity, reader.settings(reader.object(reader.member(reader.root(), "identity"))));
  if (!changed.empty())
    throw Error(ErrorKind::kSettings,
                path + " holds a run with something else: now " + joined(changed, ", ") +
                    ". Name another folder with --output, or begin anew with --restart");
}

}  // namespace

void save_state(const std::string &path, const Settings &identity, const Tally &tally) {
  JsonWriter json;
  json.integer("format", kFormat);
  json.object("identity", [&] {
    for (const auto &[name, value] : identity) json.text(name.c_str(), value);
  });
  json.integer("done", tally.done);
  json.integer("evaluated", tally.evaluated);
  json.integer("milliseconds", static_cast<std::uint64_t>(1000 * tally.seconds));
  json.integers("intersection", tally.areas.intersection);
  json.integers("prediction", tally.areas.prediction);
  json.integers("label", tally.areas.label);
  json.list("problems", [&] {
    for (const Problem &problem : tally.problems.all()) {
      json.object(nullptr, [&] {
        json.text("kind", problem_name(problem.kind));
        json.text("file", escaped(problem.file));
        json.text("detail", escaped(problem.detail));
        json.integer("pixels", problem.pixels);
      });
    }
  });
  const std::string text = json.finish(false);
  g_autoptr(GError) error = nullptr;
  // Writes beside the file and renames: a run that is killed meanwhile leaves the last one whole.
  if (!g_file_set_contents(path.c_str(), text.data(), static_cast<gssize>(text.size()), &error))
    throw Error(ErrorKind::kRead, "The run cannot be kept in " + path, error->message);
}

std::optional<Tally> load_state(const std::string &path, const Settings &identity,
                                std::size_t classes) {
  if (!g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) return std::nullopt;
  const Reader reader(path);
  JsonObject *root = reader.root();
  if (reader.number(reader.member(root, "format")) != kFormat)
    reader.fail("another version of the program wrote it");
  check_identity(reader, path, identity);
  Tally tally;
  tally.done = reader.number(reader.member(root, "done"));
  tally.evaluated = reader.number(reader.member(root, "evaluated"));
  tally.seconds = static_cast<double>(reader.number(reader.member(root, "milliseconds"))) / 1000;
  tally.areas.intersection = reader.numbers(root, "intersection", classes);
  tally.areas.prediction = reader.numbers(root, "prediction", classes);
  tally.areas.label = reader.numbers(root, "label", classes);
  JsonArray *problems = reader.array(root, "problems");
  for (guint i = 0; i < json_array_get_length(problems); ++i) {
    JsonObject *one = reader.object(json_array_get_element(problems, i));
    tally.problems.add({problem_named(reader.text(reader.member(one, "kind"))),
                        reader.bytes(reader.member(one, "file")),
                        reader.bytes(reader.member(one, "detail")),
                        reader.number(reader.member(one, "pixels"))});
  }
  return tally;
}

}  // namespace naclip::eval
