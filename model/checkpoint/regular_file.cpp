#include "model/checkpoint/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "model/base/file_error.h"
#include "model/error.h"

namespace naclip {

namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<std::uint8_t> take_memory(std::uint64_t count) {
  void *memory = ::operator new(count, kAlignment, std::nothrow);
  if (memory == nullptr) throw file_error("", ENOMEM);
  return {static_cast<std::uint8_t *>(memory),
          [](std::uint8_t *own) { ::operator delete(own, kAlignment); }};
}

}  // namespace

std::shared_ptr<const RegularFile> RegularFile::open(const std::string &path) {
  require_regular_file(path, "");
  // It may have become a pipe just now, which would wait without the flag.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) throw file_error("", errno);
  auto file = std::make_shared<RegularFile>(descriptor, 0);
  struct stat status {};
  if (fstat(descriptor, &status) != 0) throw file_error("", errno);
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
    if (got < 0) throw file_error("", errno);
    if (got == 0)
      throw Error(
          ErrorKind::kRead,
          "it became shorter while it was read; start again, and replace files by renaming");
    done += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

}  // namespace naclip
