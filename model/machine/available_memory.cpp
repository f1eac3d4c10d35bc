#include "model/machine/available_memory.h"

#include <glib.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string_view>

namespace naclip {

namespace {

constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

/// The file's text, empty where there is none.
std::string text_of(const std::string &path) {
  g_autofree gchar *text = nullptr;
  return g_file_get_contents(path.c_str(), &text, nullptr, nullptr) ? text : std::string();
}

/// The number behind `key` at the beginning of a line; `otherwise` where there is none.
std::int64_t number_behind(const std::string &text, std::string_view key, std::int64_t otherwise) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(key)) return g_ascii_strtoll(line.c_str() + key.size(), nullptr, 10);
  return otherwise;
}

/// What one control group leaves. Its page cache is given back where memory is short.
std::int64_t left_in(const std::string &group, const char *limit, const char *usage,
                     const char *cache) {
  const std::string most = text_of(group + limit), used = text_of(group + usage);
  if (most.empty() || used.empty() || !g_ascii_isdigit(most[0])) return kUnknown;
  return std::max<std::int64_t>(g_ascii_strtoll(most.c_str(), nullptr, 10) -
                                    g_ascii_strtoll(used.c_str(), nullptr, 10) +
                                    number_behind(text_of(group + "/memory.stat"), cache, 0),
                                0);
}

/// The least that a control group and those that it is in leave. A container sees its own as the
/// root.
std::int64_t left_in_groups(const std::string &mount, std::string path, const char *limit,
                            const char *usage, const char *cache) {
  std::int64_t least = left_in(mount, limit, usage, cache);
  for (; path.size() > 1; path.resize(path.rfind('/')))
    least = std::min(least, left_in(mount + path, limit, usage, cache));
  return least;
}

}  // namespace

std::int64_t available_memory(const std::string &root) {
  const std::int64_t kilobytes =
      number_behind(text_of(root + "/proc/meminfo"), "MemAvailable:", kUnknown / 1024);
  std::int64_t least = kilobytes * 1024;
  std::istringstream lines(text_of(root + "/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const std::string path = line.substr(line.rfind(':') + 1);
    if (line.starts_with("0::"))
      least = std::min(least, left_in_groups(root + "/sys/fs/cgroup", path, "/memory.max",
                                             "/memory.current", "inactive_file "));
    else if (line.find(":memory:") != std::string::npos)
      least = std::min(
          least, left_in_groups(root + "/sys/fs/cgroup/memory", path, "/memory.limit_in_bytes",
                                "/memory.usage_in_bytes", "total_inactive_file "));
  }
  return least;
}

}  // namespace naclip
