// A folder for what a test leaves, and a user's cache inside it.
#pragma once

#include <glib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace naclip::test {

/// A folder that is deleted with its content when the program ends.
inline const std::string &folder() {
  struct Folder {
    std::string path;
    Folder() {
      path = (std::filesystem::temp_directory_path() / "naclip-test-XXXXXX").string();
      if (g_mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder made;
  return made.path;
}

/// What XDG_CACHE_HOME is after use_cache_of_our_own(); it need not exist.
inline std::string cache_folder() {
  return folder() + "/cache";
}

/// Keeps the program away from the user's own cache. Before anything asks GLib for it.
inline bool use_cache_of_our_own() {
  return g_setenv("XDG_CACHE_HOME", cache_folder().c_str(), TRUE) != FALSE;
}

}  // namespace naclip::test
