// What an evaluation found, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tools/naclip-eval/evaluation.h"
#include "model/tools/naclip-eval/settings.h"

namespace naclip::eval {

/// The outcome with one set of settings.
struct RunReport {
  Settings settings;
  ModelInfo model;
  Tally tally;
  /// mIoU of the paper in percent, where all settings are the benchmark's.
  std::optional<double> published;
  /// Else what keeps the figure from being compared with it; empty for a data set of one's own.
  std::vector<std::string> departures;
};

struct Report {
  std::string benchmark;  ///< its name; empty for a data set of one's own
  std::string title;
  std::vector<std::string> folders;
  std::string model_path;
  std::string model_sha256;
  std::size_t pairs = 0;  ///< pictures with ground truth in the data set
  std::size_t limit = 0;  ///< of these, those that were to be evaluated
  std::vector<std::string> classes;
  Problems problems;  ///< of the data set; those of reading it are the runs'
  std::vector<RunReport> runs;
};

/// Tables, columns padded so that they read well in a terminal too.
std::string markdown_of(const Report &report);

/// Everything, percentages at full precision.
std::string json_of(const Report &report);

/// As markdown_of() ends: what was wrong, each kind a line; empty where nothing was.
std::string problems_of(const Report &report);

}  // namespace naclip::eval
