// One process at a time.
#pragma once

#include <functional>
#include <string>

#include "model/tools/naclip-model/descriptor.h"

namespace naclip {

/// An exclusive lock on a name, held while the object lives, against other processes and against
/// other objects of this one. It is the kernel's lock on a file of that name: a process that dies
/// gives it back. The file holds the holder's process id, and goes with the lock.
class FileLock {
 public:
  /// Told of a wait, once, with the holder's process id; "" where that is not known.
  using Waiting = std::function<void(const std::string &holder)>;

  /// Waits for its turn. `give_up` is asked whenever a signal arrives meanwhile; true ends the wait
  /// with Interrupted; it may be empty. Throws Error{kWrite} where the file cannot be made or
  /// locked.
  FileLock(std::string path, const Waiting &waiting, const std::function<bool()> &give_up);
  ~FileLock();
  FileLock(const FileLock &) = delete;
  FileLock &operator=(const FileLock &) = delete;

 private:
  std::string path_;
  Descriptor file_;
};

}  // namespace naclip
