#include "elements/segment/engine_loader.h"

#include <glib.h>
#include <gmodule.h>
#include <gst/gst.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "elements/support/ptr.h"
#include "model/process/process_exit.h"

namespace naclip {

namespace {

constexpr const char *kLibrary = "libnaclip.so.0";

using LoadSegmenter = decltype(&naclip_load_segmenter);

/// The plugin file's folder; empty where the elements are linked into a program.
std::string plugin_folder() {
  const Ptr<GstPlugin> plugin(gst_registry_find_plugin(gst_registry_get(), "naclip"));
  const gchar *file = plugin ? gst_plugin_get_filename(plugin.get()) : nullptr;
  if (file == nullptr) return {};
  const GCharPtr folder(g_path_get_dirname(file));
  return folder.get();
}

/// Where the engine may be, best first.
std::vector<std::string> candidates() {
  const gchar *named = g_getenv("NACLIP_ENGINE");
  if (named != nullptr && *named != '\0') return {named};
  std::vector<std::string> paths;
  const std::string folder = plugin_folder();
  if (!folder.empty()) paths.push_back(folder + "/../" + kLibrary);
  paths.push_back(std::string(NACLIP_ENGINE_DIR "/") + kLibrary);
  paths.emplace_back(kLibrary);
  return paths;
}

/// "libtorch_cpu.so.1.13" out of the loader's "libtorch_cpu.so.1.13: cannot open shared object
/// file: …".
std::string missing_library(const std::string &words) {
  const auto end = words.find(": cannot open shared object file");
  if (end == std::string::npos) return {};
  const auto begin = words.rfind(' ', end);
  return words.substr(begin == std::string::npos ? 0 : begin + 1,
                      begin == std::string::npos ? end : end - begin - 1);
}

/// A file that was tried in vain.
struct Attempt {
  std::string path, words;  ///< the latter the loader's
  bool other = false;       ///< it is a library, but not the engine
  /// Whether the file itself is not there; else it is, and something else is wrong.
  bool absent() const {
    const std::string missing = missing_library(words);
    return missing == path || missing.ends_with(kLibrary);
  }
};

[[noreturn]] void throw_not_opened(const std::vector<Attempt> &attempts) {
  // An engine that is there and cannot be opened tells more than places where there is none.
  const auto found =
      std::find_if_not(attempts.begin(), attempts.end(), std::mem_fn(&Attempt::absent));
  const Attempt &telling = found != attempts.end() ? *found : attempts.front();
  std::string message = "The NACLIP engine " + telling.path + " cannot be opened";
  if (telling.other) {
    message = telling.path + " is not the NACLIP engine";
  } else if (telling.absent()) {
    message += ": it is not there. Install gst-naclip whole, or set NACLIP_ENGINE to the path of " +
               std::string(kLibrary);
  } else if (const std::string missing = missing_library(telling.words); !missing.empty()) {
    message += ": " + missing +
               " is missing. Install libtorch and its BLAS (Debian: apt install libtorch-dev "
               "libopenblas0-openmp)";
  }
  std::string tried;
  for (const Attempt &attempt : attempts) tried += (tried.empty() ? "" : "\n") + attempt.words;
  throw Error(ErrorKind::kNotFound, message, tried);
}

/// The engine's entry; null with what is wrong where there is none.
LoadSegmenter open(Attempt &attempt) {
  GModule *module = g_module_open(
      attempt.path.c_str(), static_cast<GModuleFlags>(G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL));
  gpointer symbol = nullptr;
  if (module != nullptr && g_module_symbol(module, "naclip_load_segmenter", &symbol)) {
    g_module_make_resident(module);
    return reinterpret_cast<LoadSegmenter>(symbol);
  }
  attempt.words = g_module_error();
  attempt.other = module != nullptr;
  if (module != nullptr) g_module_close(module);
  return nullptr;
}

LoadSegmenter open_entry_point() {
  std::vector<Attempt> attempts;
  for (const std::string &path : candidates()) {
    if (const LoadSegmenter opened = open(attempts.emplace_back(Attempt{path, {}}))) return opened;
  }
  throw_not_opened(attempts);
}

LoadSegmenter entry_point() {
  static std::mutex mutex;
  static LoadSegmenter opened = nullptr;
  const ExitSection section;  // the loader must not start libraries that the process ends
  const std::lock_guard lock(mutex);
  if (opened == nullptr) opened = open_entry_point();
  return opened;
}

}  // namespace

void open_engine() {
  entry_point();
}

std::unique_ptr<Segmenter> load_model(const ModelOptions &options) {
  return std::unique_ptr<Segmenter>(entry_point()(kNaclipAbi, &options));
}

}  // namespace naclip
