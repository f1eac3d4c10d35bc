// Lets one thread wait for a file or a socket, and another one wake it.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>

namespace naclip {

/// Thread-safe; one thread waits.
class Waker {
 public:
  /// Throws Error{kInference} where the system has no more files.
  Waker();
  ~Waker();
  Waker(const Waker &) = delete;
  Waker &operator=(const Waker &) = delete;

  /// Ends the wait under way, or the next one.
  void wake();

  /// Asks the waiting thread to stop, and wakes it.
  void stop();
  bool stopped() const { return stopped_; }

  /// Waits until `file` (-1: none) is ready for these events of poll(), until woken, or so long.
  /// -> whether the file is ready, or has an error.
  bool wait(int file, short events, std::chrono::milliseconds timeout);

  /// A file for others to write 8 bytes of a native integer into in order to wake.
  int file() const { return file_; }

 private:
  int file_;
  std::atomic<bool> stopped_{false};
};

}  // namespace naclip
