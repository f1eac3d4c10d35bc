// A broker's client library, which is opened when it is first needed.
#pragma once

namespace naclip {

/// A shared library that stays loaded until the process ends.
class Library {
 public:
  /// Throws Error{kNotFound}, which names the library and Debian's package of it, where it cannot
  /// be opened. `file` such as "libmosquitto.so.1"; `what` such as "MQTT".
  Library(const char *file, const char *package, const char *what);

  /// Sets `function` to that of this name. Throws Error{kNotFound} where there is none.
  template <class Function>
  void find(const char *name, Function *&function) const {
    function = reinterpret_cast<Function *>(find(name));
  }

 private:
  void *find(const char *name) const;

  const char *file_, *package_, *what_;
  void *module_;
};

}  // namespace naclip
