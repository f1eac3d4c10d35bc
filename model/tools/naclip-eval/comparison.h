// Several methods on several benchmarks in one table, beside what their authors print.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tools/naclip-eval/eval_options.h"
#include "model/tools/naclip-eval/eval_report.h"

namespace naclip::eval {

struct Comparison {
  std::vector<RunChoice> runs;
  bool as_published = false;
  /// Names, and what was found on each: mIoU in percent of each run; none for a data set that is
  /// not there.
  std::vector<std::string> benchmarks;
  std::vector<std::optional<std::vector<double>>> found;
  ModelInfo model;
  std::vector<std::string> notes;  ///< what keeps the figures from being those of whole sets
};

/// A table in Markdown, a row for each run and one below it where figures are published, with the
/// mean over the benchmarks that are there.
std::string markdown_of(const Comparison &comparison);

std::string json_of(const Comparison &comparison);

}  // namespace naclip::eval
