// Writes JSON with JSON-GLib.
#pragma once

#include <json-glib/json-glib.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace naclip {

/// One object, member by member. A name is null inside a list. Text that is not UTF-8 gets
/// replacement characters, numbers that are not finite become null.
class JsonWriter {
 public:
  JsonWriter();

  void object(const char *name, const std::function<void()> &fill);
  void list(const char *name, const std::function<void()> &fill);
  void text(const char *name, const std::string &value);
  void integer(const char *name, std::uint64_t value);
  void real(const char *name, double value);
  void flag(const char *name, bool value);
  void nothing(const char *name);
  void texts(const char *name, const std::vector<std::string> &values);
  void integers(const char *name, const std::vector<std::uint64_t> &values);

  /// Ends the object. -> its text; nothing may be written after that.
  std::string finish(bool pretty);

 private:
  struct Unref {
    void operator()(JsonBuilder *builder) const { g_object_unref(builder); }
  };
  void put_name(const char *name);
  std::unique_ptr<JsonBuilder, Unref> builder_;
};

}  // namespace naclip
