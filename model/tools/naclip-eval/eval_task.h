// From the command line to what is evaluated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tools/naclip-eval/benchmark.h"
#include "model/tools/naclip-eval/dataset.h"
#include "model/tools/naclip-eval/eval_options.h"
#include "model/tools/naclip-eval/eval_report.h"
#include "model/tools/naclip-eval/settings.h"

namespace naclip::eval {

/// What all runs of one command have in common.
struct Task {
  const Benchmark *benchmark = nullptr;  ///< null: pictures of one's own
  std::string title;
  std::vector<std::string> folders;
  Dataset dataset;
  Vocabulary vocabulary;
  Labelling labelling;
  InferenceOptions inference;  ///< the benchmark's, or the defaults; see settings_for()
  std::string dataset_fingerprint;

  std::size_t first_class() const { return labelling.background ? 0 : 1; }
  std::vector<std::string> class_labels() const;
};

/// Finds the data set and reads the vocabulary. Throws Error of the kinds kSettings, kVocabulary,
/// kNotFound, kRead and kFormat.
Task make_task(const EvalOptions &options);

/// What one run is computed with.
struct RunSettings {
  ModelOptions model;
  InferenceOptions inference;
};

/// The task's settings, the method's own constants where they are asked for, and over these what
/// the command line gives.
RunSettings settings_for(const Task &task, const EvalOptions &options, const RunChoice &choice);

/// All that a tally depends on.
Settings identity_of(const Task &task, const RunSettings &run, const ModelInfo &info,
                     const std::string &model_sha256);

/// What keeps a run from being compared with the figure that the authors of its method print, or
/// those of NACLIP where nobody prints one; empty where nothing does. For a benchmark only.
std::vector<std::string> departures_of(const Task &task, const EvalOptions &options,
                                       const RunSettings &run, const ModelInfo &info,
                                       const Tally &tally);

/// That figure, mIoU in percent with ViT-B/16.
std::optional<double> published_figure(const Benchmark &benchmark, const RunSettings &run);

bool is_vit_b_16(const ModelInfo &info);
bool is_vit_l_14(const ModelInfo &info);

/// The hash of a model's weights: of its file, or of the hashes of its index and all that may be shards.
/// model: as ModelChoice has it. Throws Error{kRead} and what resolve_model() throws.
std::string model_sha256(const std::string &model);

/// The hash of a file's content, in hexadecimal digits. Throws Error{kRead}.
std::string file_sha256(const std::string &path);

}  // namespace naclip::eval
