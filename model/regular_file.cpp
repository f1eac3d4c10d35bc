#include "regular_file.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "error.h"

namespace naclip {

namespace {

constexpr std::align_val_t kAlignment{64};

[[noreturn]] void refuse(int cause) {
  if (cause == ENOENT || cause == ENOTDIR)
    throw Error(ErrorKind::kNotFound, "there is no such file; check the path", g_strerror(cause));
  const bool denied = cause == EACCES || cause == EPERM;
  throw Error(ErrorKind::kRead,
              denied ? std::string("it cannot be read; check its permissions")
                     : std::string("it cannot be read: ") + g_strerror(cause),
              g_strerror(cause));
}

std::shared_ptr<std::uint8_t> take_memory(std::uint64_t count) {
  void *memory = ::operator new(count, kAlignment, std::nothrow);
  if (memory == nullptr)
    throw Error(ErrorKind::kMemory,
                "there is not enough memory for " + std::to_string(count >> 20) + " MiB of it");
  return {static_cast<std::uint8_t *>(memory),
          [](std::uint8_t *own) { ::operator delete(own, kAlignment); }};
}

}  // namespace

std::shared_ptr<const RegularFile> RegularFile::open(const std::string &path) {
  // Opening a pipe or a device could wait for ever, if it were not for the flag.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) refuse(errno);
  auto file = std::make_shared<RegularFile>(descriptor, 0);
  struct stat status {};
  if (fstat(descriptor, &status) != 0) refuse(errno);
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorKind::kRead,
                "it is a folder; name the checkpoint file inside it, such as model.safetensors");
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::kRead, "it is not a regular file; name a checkpoint file");
  file->size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

RegularFile::~RegularFile() {
  close(descriptor_);
}

std::shared_ptr<const std::uint8_t> RegularFile::read(std::uint64_t offset,
                                                      std::uint64_t count) const {
  auto bytes = take_memory(count);
  std::uint64_t done = 0;
  while (done < count) {
    const ssize_t got =
        pread(descriptor_, bytes.get() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errno);
    if (got == 0)
      throw Error(
          ErrorKind::kRead,
          "it became shorter while it was read; start again, and replace files by renaming");
    done += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

}  // namespace naclip
