#include "model/tools/common/json_writer.h"

#include <cmath>

namespace naclip {

JsonWriter::JsonWriter() : builder_(json_builder_new()) {
  json_builder_begin_object(builder_.get());
}

void JsonWriter::put_name(const char *name) {
  if (name != nullptr) json_builder_set_member_name(builder_.get(), name);
}

void JsonWriter::object(const char *name, const std::function<void()> &fill) {
  put_name(name);
  json_builder_begin_object(builder_.get());
  fill();
  json_builder_end_object(builder_.get());
}

void JsonWriter::list(const char *name, const std::function<void()> &fill) {
  put_name(name);
  json_builder_begin_array(builder_.get());
  fill();
  json_builder_end_array(builder_.get());
}

void JsonWriter::text(const char *name, const std::string &value) {
  put_name(name);
  g_autofree gchar *valid = g_utf8_make_valid(value.data(), static_cast<gssize>(value.size()));
  json_builder_add_string_value(builder_.get(), valid);
}

void JsonWriter::integer(const char *name, std::uint64_t value) {
  put_name(name);
  json_builder_add_int_value(builder_.get(), static_cast<gint64>(value));
}

void JsonWriter::real(const char *name, double value) {
  if (!std::isfinite(value)) return nothing(name);
  put_name(name);
  json_builder_add_double_value(builder_.get(), value);
}

void JsonWriter::flag(const char *name, bool value) {
  put_name(name);
  json_builder_add_boolean_value(builder_.get(), value ? TRUE : FALSE);
}

void JsonWriter::nothing(const char *name) {
  put_name(name);
  json_builder_add_null_value(builder_.get());
}

void JsonWriter::texts(const char *name, const std::vector<std::string> &values) {
  list(name, [&] {
    for (const std::string &value : values) text(nullptr, value);
  });
}

void JsonWriter::integers(const char *name, const std::vector<std::uint64_t> &values) {
  list(name, [&] {
    for (const std::uint64_t value : values) integer(nullptr, value);
  });
}

std::string JsonWriter::finish(bool pretty) {
  json_builder_end_object(builder_.get());
  g_autoptr(JsonNode) root = json_builder_get_root(builder_.get());
  g_autofree gchar *text = json_to_string(root, pretty ? TRUE : FALSE);
  return text;
}

}  // namespace naclip
