#include "engine.h"

#include <glib.h>
#include <gmodule.h>
#include <gst/gst.h>

#include <mutex>
#include <string>
#include <vector>

#include "../model/process_exit.h"
#include "support/ptr.h"

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
  std::vector<std::string> there;
  for (const std::string &path : paths)
    if (g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) there.push_back(path);
  there.emplace_back(kLibrary);
  return there;
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

[[noreturn]] void throw_not_opened(const std::string &path, const std::string &words) {
  const std::string missing = missing_library(words);
  std::string message = "The NACLIP engine " + path + " cannot be opened";
  if (missing == path || missing.ends_with(kLibrary)) {
    message += ": it is not there. Install gst-naclip whole, or set NACLIP_ENGINE to the path of " +
               std::string(kLibrary);
  } else if (!missing.empty()) {
    message += ": " + missing +
               " is missing. Install libtorch and its BLAS (Debian: apt install libtorch-dev "
               "libopenblas0-openmp)";
  }
  throw Error(ErrorKind::kNotFound, message, words);
}

LoadSegmenter open_entry_point() {
  const std::vector<std::string> paths = candidates();
  const std::string &path = paths.front();
  GModule *module = g_module_open(
      path.c_str(), static_cast<GModuleFlags>(G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL));
  if (module == nullptr) throw_not_opened(path, g_module_error());
  g_module_make_resident(module);
  gpointer symbol = nullptr;
  if (!g_module_symbol(module, "naclip_load_segmenter", &symbol))
    throw Error(ErrorKind::kNotFound, path + " is not the NACLIP engine", g_module_error());
  return reinterpret_cast<LoadSegmenter>(symbol);
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
