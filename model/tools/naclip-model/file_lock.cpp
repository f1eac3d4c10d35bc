#include "model/tools/naclip-model/file_lock.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "model/error.h"
#include "model/process/interrupted.h"

namespace naclip {
namespace {

[[noreturn]] void fail(const std::string &path, int cause) {
  throw Error(
      ErrorKind::kWrite,
      "The lock " + path + " cannot be taken: " + g_strerror(cause) +
          ". Correct the permissions of its folder, or set XDG_CACHE_HOME to a folder of your own");
}

std::string read_holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  const auto end = text.begin() + std::max<ssize_t>(size, 0);
  return {text.begin(),
          std::find_if(text.begin(), end, [](char c) { return !g_ascii_isdigit(c); })};
}

void write_holder(int file) {
  // For people alone: a lock whose holder is not known is a lock all the same.
  const std::string holder = std::to_string(getpid()) + "\n";
  if (ftruncate(file, 0) == 0 && pwrite(file, holder.data(), holder.size(), 0) < 0) return;
}

/// False where the file went, with the lock of somebody before us, between its opening and its
/// locking: then the lock is one on nothing.
bool still_named(int file, const std::string &path) {
  struct stat ours = {}, named = {};
  return fstat(file, &ours) == 0 && stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(std::string path, const Waiting &waiting, const std::function<bool()> &give_up)
    : path_(std::move(path)) {
  bool told = false;
  while (true) {
    Descriptor file(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!file) fail(path_, errno);
    int got = flock(file.get(), LOCK_EX | LOCK_NB);
    if (got != 0 && errno == EWOULDBLOCK && !std::exchange(told, true))
      waiting(read_holder(file.get()));
    while (got != 0) {
      if (errno != EINTR && errno != EWOULDBLOCK) fail(path_, errno);
      if (give_up && give_up()) throw Interrupted();
      got = flock(file.get(), LOCK_EX);
    }
    if (!still_named(file.get(), path_)) continue;
    write_holder(file.get());
    file_ = std::move(file);
    return;
  }
}

FileLock::~FileLock() {
  unlink(path_.c_str());
}

}  // namespace naclip
