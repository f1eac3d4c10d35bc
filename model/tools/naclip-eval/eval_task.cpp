#include "model/tools/naclip-eval/eval_task.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "model/base/model_files.h"
#include "model/base/published_models.h"
#include "model/error.h"
#include "model/tools/naclip-eval/methods.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

constexpr const char *kVersion = NACLIP_VERSION;

std::string vocabulary_hash(const Vocabulary &vocabulary) {
  std::string text;
  for (const VocabularyClass &one : vocabulary.classes())
    text += one.label + ":" + joined(one.synonyms, ",") +
            (one.threshold ? ">" + number(*one.threshold) : "") + "\n";
  return sha256(text);
}

std::string text_of(const Labelling &labelling) {
  std::vector<std::string> ignored;
  for (const int value : labelling.ignored) ignored.push_back(std::to_string(value));
  return printed("%zu regions from label %d", labelling.regions, -labelling.shift) + ", ignored " +
         (ignored.empty() ? "none" : joined(ignored, ","));
}

/// A vocabulary in place of a benchmark's has to fit its masks.
Vocabulary replacement(const Benchmark &benchmark, const std::string &path) {
  Vocabulary own = Vocabulary::parse_file(path);
  const Vocabulary theirs = vocabulary_of(benchmark);
  if (own.classes().size() != theirs.classes().size() ||
      own.regions().size() != theirs.regions().size())
    throw Error(ErrorKind::kVocabulary,
                path + " has " + counted(own.classes().size(), "class", "classes") + ", " +
                    benchmark.title + " has " + std::to_string(theirs.classes().size()) +
                    (theirs.classes().size() == theirs.regions().size() ? " with a background"
                                                                        : " and no background") +
                    ": write the classes in the order of the data set's labels");
  return own;
}

Task benchmark_task(const EvalOptions &options) {
  const Benchmark &benchmark = benchmark_named(options.benchmark);
  Vocabulary vocabulary = options.vocabulary.empty() ? vocabulary_of(benchmark)
                                                     : replacement(benchmark, options.vocabulary);
  const Labelling labelling = labelling_of(benchmark, vocabulary);
  return {.benchmark = &benchmark,
          .title = benchmark.title,
          .folders = {options.data},
          .dataset = find_dataset(benchmark.layout, benchmark.title, options.data),
          .vocabulary = std::move(vocabulary),
          .labelling = labelling,
          .inference = inference_of(benchmark),
          .dataset_fingerprint = {}};
}

Task own_task(const EvalOptions &options) {
  Vocabulary vocabulary = Vocabulary::parse_file(options.vocabulary);
  const Labelling labelling = labelling_of(vocabulary, options.ignored);
  InferenceOptions inference;
  inference.mask_size = MaskSize::kFrame;
  return {.title = "Pictures of one's own",
          .folders = {options.images, options.masks},
          .dataset = find_pairs(options.images, options.masks),
          .vocabulary = std::move(vocabulary),
          .labelling = labelling,
          .inference = inference,
          .dataset_fingerprint = {}};
}

const PublishedMethod *method_of(const RunSettings &run) {
  return published_method(run.model.attention, effective_refine(run.inference));
}

}  // namespace

std::vector<std::string> Task::class_labels() const {
  std::vector<std::string> labels;
  for (std::size_t region = first_class(); region < vocabulary.regions().size(); ++region)
    labels.push_back(vocabulary.regions()[region].label);
  return labels;
}

Task make_task(const EvalOptions &options) {
  Task task = options.benchmark.empty() ? own_task(options) : benchmark_task(options);
  task.dataset_fingerprint = task.dataset.fingerprint();
  return task;
}

RunSettings settings_for(const Task &task, const EvalOptions &options, const RunChoice &choice) {
  RunSettings run{options.model, task.inference};
  run.model.attention = choice.attention;
  run.model.architecture = choice.architecture;
  run.model.precision = choice.precision;
  run.inference.refine = choice.refine;
  if (options.as_published && task.benchmark)
    set_published_constants(*task.benchmark, run.model, run.inference);
  run.model.pearl_alpha = options.pearl_alpha.value_or(run.model.pearl_alpha);
  run.inference = with_given(run.inference, options);
  return run;
}

Settings identity_of(const Task &task, const RunSettings &run, const ModelInfo &info,
                     const std::string &model_sha256) {
  Settings identity = settings_of(run.model, run.inference);
  identity.insert(identity.end(),
                  {{"benchmark", task.benchmark ? task.benchmark->name : "-"},
                   {"data set", task.dataset_fingerprint},
                   {"vocabulary", vocabulary_hash(task.vocabulary)},
                   {"labels", text_of(task.labelling)},
                   {"model", model_sha256},
                   {"merges", run.model.merges.empty() ? "-" : file_sha256(run.model.merges)},
                   // Which of several GPUs it is does not matter.
                   {"device", info.device.substr(0, info.device.find(':'))},
                   {"precision", info.precision},
                   {"activation", name_of(info.activation)},
                   {"version", kVersion}});
  return identity;
}

std::vector<std::string> departures_of(const Task &task, const EvalOptions &options,
                                       const RunSettings &run, const ModelInfo &info,
                                       const Tally &tally) {
  RunSettings published{{}, inference_of(*task.benchmark)};
  if (const PublishedMethod *method = method_of(run)) {
    published.model.attention = method->attention;
    published.inference.refine = method->refine;
    set_published_constants(*task.benchmark, published.model, published.inference);
  }
  std::vector<std::string> found = differences(settings_of(run.model, run.inference),
                                               settings_of(published.model, published.inference));
  if (!is_vit_b_16(info)) found.emplace_back("the model is no ViT-B/16");
  if (info.activation != Activation::kQuickGelu)
    found.emplace_back("the model is not OpenAI's, whose activation is QuickGELU");
  if (!options.vocabulary.empty()) found.push_back("the words are those of " + options.vocabulary);
  if (tally.done < task.dataset.pairs.size())
    found.push_back(printed("%zu of %zu pictures", tally.done, task.dataset.pairs.size()));
  if (!task.dataset.problems.empty() || !tally.problems.empty())
    found.emplace_back("the data set has faults");
  return found;
}

std::string model_sha256(const std::string &model) {
  const std::string path = resolve_model(model);
  std::string sums;
  std::size_t files = 0;
  for (const std::string &file : files_of_model(path)) {
    if (file != path && file.ends_with(".json")) continue;  // the activation stands for these
    sums += file_sha256(file);
    ++files;
  }
  if (files == 1) return sums;
  g_autofree gchar *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, sums.c_str(), -1);
  return sum;
}

std::optional<double> published_figure(const Benchmark &benchmark, const RunSettings &run) {
  const PublishedMethod *method = method_of(run);
  if (method == nullptr || !method->figures) return std::nullopt;
  return method->figures->at(index_of(benchmark));
}

bool is_vit_b_16(const ModelInfo &info) {
  return info.patch_size == 16 && info.vision_width == 768 && info.vision_layers == 12;
}

bool is_vit_l_14(const ModelInfo &info) {
  return info.patch_size == 14 && info.vision_width == 1024 && info.vision_layers == 24 &&
         info.native_size == 224;
}

std::string file_sha256(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  std::array<char, 1 << 16> block{};
  while (file.read(block.data(), block.size()) || file.gcount() > 0)
    g_checksum_update(checksum, reinterpret_cast<const guchar *>(block.data()),
                      static_cast<gssize>(file.gcount()));
  if (!file.eof()) throw Error(ErrorKind::kRead, path + " cannot be read");
  return g_checksum_get_string(checksum);
}

}  // namespace naclip::eval
