// Runs the launch files of pipelines/ as users do.
#pragma once

#include <string>
#include <vector>

#include "process.h"

namespace naclip::pipelines {

/// NAME=value arguments of run.sh.
using Values = std::vector<std::string>;

/// The tiny model, and settings that make it quick; `values` follow and win.
Values with_tiny_model(const Values &values);

/// Has GStreamer's leaks tracer write into a file what is alive at the end.
Environment trace_leaks(const std::string &log);

/// Fails the test for each object in such a file, and where nothing was traced.
void expect_no_leak(const std::string &log);

/// A running pipelines/run.sh.
class Launch : public Process {
 public:
  /// Starts `file` of pipelines/ with gst-launch-1.0 printing its messages.
  Launch(const std::string &file, const Values &values, const Environment &environment = {});
};

/// Runs a launch file to its end with the tiny model; a failure of the run is a failure of the
/// test.
std::string run_launch(const std::string &file, const Values &values);

}  // namespace naclip::pipelines
