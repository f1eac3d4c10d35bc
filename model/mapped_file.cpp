#include "mapped_file.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include <cerrno>

#include "error.h"

namespace naclip {

MappedFile::MappedFile(GMappedFile *file)
    : file_(file),
      bytes_(reinterpret_cast<const std::uint8_t *>(g_mapped_file_get_contents(file)),
             g_mapped_file_get_length(file)) {}

MappedFile::~MappedFile() {
  g_mapped_file_unref(file_);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path) {
  GStatBuf status;
  if (g_stat(path.c_str(), &status) != 0) {
    const int cause = errno;
    const bool missing = cause == ENOENT || cause == ENOTDIR;
    throw Error(missing ? ErrorKind::kNotFound : ErrorKind::kRead,
                missing ? "there is no such file; check the path" : "it cannot be opened",
                g_strerror(cause));
  }
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorKind::kRead,
                "it is a folder; name the checkpoint file inside it, such as model.safetensors");
  // Opening a pipe or a device could wait for ever.
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::kRead, "it is not a regular file; name a checkpoint file");

  GError *error = nullptr;
  GMappedFile *file = g_mapped_file_new(path.c_str(), FALSE, &error);
  if (file == nullptr) {
    const std::unique_ptr<GError, decltype(&g_error_free)> owned(error, g_error_free);
    throw Error(ErrorKind::kRead, "it cannot be read; check its permissions", owned->message);
  }
  return std::make_shared<const MappedFile>(file);
}

}  // namespace naclip
