#include "model/base/file_identity.h"

#include <glib/gstdio.h>

namespace naclip {

std::optional<FileIdentity> identify_file(const std::string &path) {
  GStatBuf status{};
  if (g_stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                      status.st_mtim.tv_nsec};
}

}  // namespace naclip
