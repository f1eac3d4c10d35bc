// Runs the launch files of pipelines/ as users do.
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

/// NAME=value arguments of run.sh.
using Values = std::vector<std::string>;

/// The tiny model, and settings that make it quick; `values` follow and win.
Values with_tiny_model(const Values &values);

/// Variables of a process's environment.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// Has GStreamer's leaks tracer write into a file what is alive at the end.
Environment trace_leaks(const std::string &log);

/// Fails the test for each object in such a file, and where nothing was traced.
void expect_no_leak(const std::string &log);

/// A running pipelines/run.sh. What it prints, errors included, is read line by line.
class Launch {
 public:
  /// Starts `file` of pipelines/ with gst-launch-1.0 printing its messages.
  Launch(const std::string &file, const Values &values, const Environment &environment = {});
  ~Launch();
  Launch(const Launch &) = delete;
  Launch &operator=(const Launch &) = delete;

  /// Reads up to the `count`-th next line that holds `text`; false where the output ended before.
  bool wait_for(const std::string &text, int count = 1);

  /// As Ctrl-C does.
  void interrupt();

  /// Reads the rest and gives the exit status, 128 + the signal where one ended it.
  int finish();

  /// Resident memory of the process, bytes.
  std::size_t resident_memory() const;

  /// All that was read so far.
  const std::string &output() const { return output_; }

 private:
  bool read_line(std::string &line);

  GSubprocess *process_ = nullptr;
  GDataInputStream *lines_ = nullptr;
  std::string output_;
};

/// Runs a launch file to its end with the tiny model; a failure of the run is a failure of the
/// test.
std::string run_launch(const std::string &file, const Values &values);

}  // namespace naclip::pipelines
