#include "elements/publish/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/error.h"

namespace naclip {
namespace {

// What a pipe takes at once where poll() says that it has room.
constexpr std::size_t kPiece = 4096;

// A named pipe that nobody reads is an error rather than a wait.
constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC;

Error write_error(const std::string &location, const char *what) {
  const std::string name = location == "-" ? "Standard output" : "The file " + location;
  return {ErrorKind::kWrite, name + " cannot be " + what + ": " + std::strerror(errno) + "."};
}

bool is_regular(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

void FileSink::prepare() {
  open_file();
}

void FileSink::open_file() {
  file_ = location_ == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                           : ::open(location_.c_str(), kFlags, 0666);
  if (file_ < 0) throw write_error(location_, "opened");
}

void FileSink::close_file() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

void FileSink::reopen() {
  close_file();
  open_file();
}

void FileSink::send(const Message &message) {
  if (file_ < 0) open_file();
  const std::string line = message.text + '\n';
  const bool regular = is_regular(file_);
  std::size_t done = 0;
  while (done < line.size()) {
    // Only a wait that can be ended: who reads a pipe may have stopped.
    while (!regular && !waker_.wait(file_, POLLOUT, std::chrono::seconds(waker_.stopped() ? 0 : 1)))
      if (waker_.stopped()) throw Error(ErrorKind::kWrite, "Nobody reads " + location_ + ".");
    const std::size_t piece = regular ? line.size() - done : std::min(kPiece, line.size() - done);
    const ssize_t written = write(file_, line.data() + done, piece);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      const Error error = write_error(location_, "written");
      const off_t end = lseek(file_, 0, SEEK_END);
      if (done > 0 && regular && end >= static_cast<off_t>(done) &&
          ftruncate(file_, end - static_cast<off_t>(done)) != 0)
        close_file();
      throw error;
    }
  }
  ++written_;
}

std::size_t FileSink::serve() {
  return std::exchange(written_, 0);
}

void FileSink::close(const Message &last) noexcept {
  try {
    send(last);
  } catch (const Error &) {
    // Every message before it has told the same.
  }
  close_file();
}

}  // namespace naclip
