// The command line of naclip-eval.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "model/options.h"

namespace naclip::eval {

/// One row of an ablation.
struct RunChoice {
  Attention attention = Attention::kNaclip;
  Architecture architecture = Architecture::kReduced;
  Refine refine = Refine::kPamr;
  Precision precision = Precision::kAuto;
  bool operator==(const RunChoice &) const = default;
};

struct EvalOptions {
  bool tune = false;                    ///< find each class's threshold instead
  std::optional<double> min_precision;  ///< tune: for this precision, not for the best F1
  bool list = false;                    ///< only tell what benchmarks there are
  bool version = false;                 ///< only tell the version

  bool compare = false;                 ///< all runs on all `benchmarks` in one table
  std::vector<std::string> benchmarks;  ///< of compare
  bool as_published = false;            ///< each method's own constants for each benchmark

  std::string benchmark, data;                                  ///< a benchmark and its folder
  std::string images, masks, vocabulary;                        ///< or a data set of one's own
  std::vector<int> ignored;                                     ///< empty: not given
  std::size_t limit = std::numeric_limits<std::size_t>::max();  ///< pictures

  ModelOptions model;  ///< attention, architecture, precision and pearl_alpha are the runs'
  std::vector<RunChoice> runs;

  // Empty: the benchmark's own.
  std::optional<int> input_size, window_size, window_stride, tlp_grid, refine_steps;
  std::optional<std::vector<int>> refine_dilations;
  std::optional<double> logit_scale, threshold, area_threshold, pearl_alpha;

  std::string output;  ///< folder of the reports and of the state; never empty
  bool restart = false;
};

/// Reads the command line; --help prints and ends the program. Throws Error{kSettings} that says
/// what is wrong with it.
EvalOptions parse_options(int argc, char **argv);

/// "naclip,csa/vanilla" -> runs. An attention without an architecture of its own takes `fallback`;
/// where that is empty, the reduced one, but csa the vanilla one, since it knows no other; nor does
/// pearl know any but the reduced one. Each runs with each refinement in each precision. Throws
/// Error{kSettings}.
std::vector<RunChoice> runs_named(const std::string &attentions, const std::string &fallback,
                                  const std::string &refinements = "pamr",
                                  const std::string &precisions = "auto");

/// `given` over the settings of a benchmark or the defaults. A stride that was not given shrinks
/// with the window.
InferenceOptions with_given(InferenceOptions options, const EvalOptions &given);

}  // namespace naclip::eval
