// Programs that tests run as users do.
#pragma once

#include <gio/gio.h>

#include <string>
#include <utility>
#include <vector>

namespace naclip::pipelines {

/// A folder that is gone with this object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  std::string file(const std::string &name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Variables of a process's environment.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A running program. What it prints, errors included, is read line by line.
class Process {
 public:
  /// The first argument is the program's path. With `typing`, its standard input is a pipe that
  /// type() writes to; else it is that of the test.
  Process(const std::vector<std::string> &arguments, const Environment &environment,
          bool typing = false);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  /// Reads up to the `count`-th next line that holds `text`; false where the output ended before.
  bool wait_for(const std::string &text, int count = 1);

  /// A line on the standard input.
  void type(const std::string &line);
  /// The end of the standard input.
  void end_typing();

  /// As Ctrl-C does.
  void interrupt();
  /// Without a chance to say goodbye.
  void kill();

  /// Reads the rest and gives the exit status, 128 + the signal where one ended it.
  int finish();

  /// Resident memory of the process, bytes.
  std::size_t resident_memory() const;

  /// All that was read so far.
  const std::string &output() const { return output_; }
  /// The last line that was read.
  const std::string &line() const { return line_; }

 private:
  bool read_line();

  GSubprocess *process_ = nullptr;
  GDataInputStream *lines_ = nullptr;
  std::string output_;
  std::string line_;
};

}  // namespace naclip::pipelines
