#include "model/base/file_error.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace naclip {

Error file_error(const std::string &subject, int cause) {
  const auto error = [&](ErrorKind kind, const char *text) {
    return Error(kind, subject + text, g_strerror(cause));
  };
  switch (cause) {
    case ENOENT:
    case ENOTDIR:
      return error(ErrorKind::kNotFound, "there is no such file; check the path");
    case EACCES:
    case EPERM:
      return error(ErrorKind::kRead, "it may not be read; check its permissions");
    case EISDIR:
      return error(ErrorKind::kRead, "it is a folder; name a file inside it");
    case ENOMEM:
      return error(ErrorKind::kMemory,
                   "there is not enough memory for it; end other programs, raise the limit that is "
                   "set (ulimit -v, control group), or take a smaller file");
    case EMFILE:
    case ENFILE:
      return error(ErrorKind::kRead, "too many files are open; raise the limit (ulimit -n)");
    case EIO:
      return error(ErrorKind::kRead, "the disk does not give it; check the disk, or copy it anew");
    case ESTALE:
    case ETIMEDOUT:
      return error(ErrorKind::kRead, "the network file system does not give it; mount it anew");
    default:
      return Error(ErrorKind::kRead, subject + "it cannot be read: " + g_strerror(cause),
                   g_strerror(cause));
  }
}

void require_regular_file(const std::string &path, const std::string &subject) {
  // Without waiting for a pipe's other end.
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file < 0 && errno != ENXIO) throw file_error(subject, errno);  // ENXIO: a socket or a device
  struct stat status {};
  const bool regular = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (file >= 0) close(file);
  if (S_ISDIR(status.st_mode)) throw file_error(subject, EISDIR);
  if (!regular)
    throw Error(ErrorKind::kRead,
                subject + "it is a pipe or a device; copy it to a file, and name that");
}

std::string read_regular_file(const std::string &path, const std::string &subject) {
  require_regular_file(path, subject);
  g_autofree gchar *contents = nullptr;
  gsize size = 0;
  g_autoptr(GError) error = nullptr;
  if (!g_file_get_contents(path.c_str(), &contents, &size, &error))
    throw g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM)
        ? file_error(subject, ENOMEM)
        : Error(ErrorKind::kRead, subject + error->message);
  return {contents, size};
}

}  // namespace naclip
