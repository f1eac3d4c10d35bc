#include "elements/publish/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "model/error.h"

namespace naclip {

Waker::Waker() : file_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (file_ < 0)
    throw Error(ErrorKind::kInference, "The system has no more files to give to this process.",
                std::strerror(errno));
}

Waker::~Waker() {
  close(file_);
}

void Waker::wake() {
  const std::uint64_t one = 1;
  // It fails only where the counter is full, and then the other thread is awake.
  [[maybe_unused]] const ssize_t written = write(file_, &one, sizeof one);
}

void Waker::stop() {
  stopped_ = true;
  wake();
}

bool Waker::wait(int file, short events, std::chrono::milliseconds timeout) {
  pollfd files[] = {{file_, POLLIN, 0}, {file, events, 0}};  // poll() skips a file of -1
  if (poll(files, 2, static_cast<int>(timeout.count())) <= 0) return false;
  if (files[0].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(file_, &count, sizeof count);
  }
  return files[1].revents != 0;
}

}  // namespace naclip
