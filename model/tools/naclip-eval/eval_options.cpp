#include "model/tools/naclip-eval/eval_options.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "model/base/dilations.h"
#include "model/error.h"
#include "model/tools/common/command_line.h"
#include "model/tools/naclip-eval/benchmark.h"
#include "model/tools/naclip-eval/settings.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

constexpr gint kNotGiven = G_MININT;

constexpr const char *kSummary =
    "Evaluates CLIP with NACLIP on the benchmarks of the paper (arXiv 2404.08181), or on pictures\n"
    "and masks of your own:\n"
    "\n"
    "  naclip-eval --benchmark voc21 --data VOCdevkit/VOC2012 --model ViT-B-16.pt\n"
    "  naclip-eval --images DIR --masks DIR --vocabulary FILE --model ViT-B-16.pt\n"
    "\n"
    "or compares methods with each other and with their published figures:\n"
    "\n"
    "  naclip-eval --compare naclip,scclip,pearl --data DIR --model ViT-B-16.pt\n"
    "\n"
    "or finds the threshold of each class on them, and writes a vocabulary with these:\n"
    "\n"
    "  naclip-eval tune --images DIR --masks DIR --vocabulary FILE --model ViT-B-16.pt";

constexpr const char *kDescription =
    "Pictures and masks of your own:\n"
    "  MASKS/a/b.png belongs to IMAGES/a/b.jpg (or .jpeg, .png) and has its size. A mask is a PNG\n"
    "  with a palette or greyscale, 8 or 16 bits, whose values are the vocabulary's region ids:\n"
    "  classes are 1, 2, 3, ... as written. A class called background is 0 and is evaluated like\n"
    "  the others. Without one, 0 is ignored; with --ignore-label 255, say, 0 instead means that\n"
    "  none of the classes is there, and whatever is found there counts as wrong.\n"
    "\n"
    "Stopped with Ctrl-C, or killed, the same command goes on where it was. The folder OUTPUT "
    "then\n"
    "holds report.md, report.json, the encoded words and a state file for each run.\n"
    "\n"
    "Exit status: 0 all was evaluated; 1 failed; 2 the command line is wrong, or does not fit "
    "what\n"
    "was done before; 3 evaluated, but the data set has faults, which are named; 130 stopped, can\n"
    "go on.";

/// As GOption fills it.
struct RawOptions {
  gboolean list = FALSE, version = FALSE, restart = FALSE, as_published = FALSE;
  gchar *benchmark = nullptr, *data = nullptr, *images = nullptr, *masks = nullptr,
        *vocabulary = nullptr, *ignored = nullptr, *output = nullptr;
  gchar *model = nullptr, *merges = nullptr, *device = nullptr, *precision = nullptr,
        *attention = nullptr, *architecture = nullptr, *prompts = nullptr, *cache_dir = nullptr,
        *activation = nullptr, *compare = nullptr;
  gdouble gaussian_std = NAN, pearl_alpha = NAN, logit_scale = NAN, threshold = NAN,
          area_threshold = NAN, min_precision = NAN;
  gchar *refine = nullptr, *refine_dilations = nullptr;
  gint input_size = kNotGiven, window_size = kNotGiven, window_stride = kNotGiven,
       tlp_grid = kNotGiven, refine_steps = kNotGiven, limit = kNotGiven, threads = 0;

  RawOptions() = default;
  RawOptions(const RawOptions &) = delete;
  RawOptions &operator=(const RawOptions &) = delete;
  ~RawOptions() {
    for (gchar *text : {benchmark, data, images, masks, vocabulary, ignored, output, model, merges,
                        device, precision, attention, architecture, prompts, cache_dir, activation,
                        compare, refine, refine_dilations})
      g_free(text);
  }
};

void add_group(GOptionContext *context, const std::vector<GOptionEntry> &entries) {
  g_option_context_add_main_entries(context, entries.data(), nullptr);
}

void add_data_options(GOptionContext *context, RawOptions &raw) {
  add_group(
      context,
      {{"list", 0, 0, G_OPTION_ARG_NONE, &raw.list, "List the benchmarks and their settings",
        nullptr},
       {"benchmark", 'b', 0, G_OPTION_ARG_STRING, &raw.benchmark,
        "One of --list; with --compare several, separated by commas [all]", "NAME"},
       {"data", 'd', 0, G_OPTION_ARG_FILENAME, &raw.data,
        "The benchmark's folder, as mmsegmentation prepares it, or one that holds it", "DIR"},
       {"compare", 0, 0, G_OPTION_ARG_STRING, &raw.compare,
        "Attentions, each with each of --refine [none,pamr,tlp] on all benchmarks, in one table "
        "beside the published figures",
        "NAME,..."},
       {"as-published", 0, 0, G_OPTION_ARG_NONE, &raw.as_published,
        "With the constants that each method's authors chose for single benchmarks", nullptr},
       {"images", 0, 0, G_OPTION_ARG_FILENAME, &raw.images, "Pictures of your own", "DIR"},
       {"masks", 0, 0, G_OPTION_ARG_FILENAME, &raw.masks, "Their masks, see below", "DIR"},
       {"vocabulary", 'v', 0, G_OPTION_ARG_FILENAME, &raw.vocabulary,
        "Vocabulary file of your own pictures, or in place of the benchmark's", "FILE"},
       {"ignore-label", 0, 0, G_OPTION_ARG_STRING, &raw.ignored,
        "Values of your own masks that are not evaluated", "N,..."},
       {"limit", 'n', 0, G_OPTION_ARG_INT, &raw.limit, "Only the first N pictures", "N"},
       {"output", 'o', 0, G_OPTION_ARG_FILENAME, &raw.output,
        "Folder of the reports and of what is needed to go on [naclip-eval-NAME]", "DIR"},
       {"min-precision", 0, 0, G_OPTION_ARG_DOUBLE, &raw.min_precision,
        "tune: the lowest threshold that has this precision, in place of the best F1", "P"},
       {"restart", 0, 0, G_OPTION_ARG_NONE, &raw.restart, "Forget what was done before", nullptr},
       {"version", 0, 0, G_OPTION_ARG_NONE, &raw.version, "Print the version", nullptr},
       {}});
}

void add_model_options(GOptionContext *context, RawOptions &raw) {
  // GOption keeps the pointers.
  static const std::string precisions =
      names_of(kPrecisions) + "; several, separated by commas, are compared [auto]";
  static const std::string attentions =
      names_of(kAttentions) +
      "; several, separated by commas, are compared; csa/vanilla gives one an architecture of its "
      "own [naclip]";
  static const std::string architectures =
      "Last block: " + names_of(kArchitectures) + " [reduced; vanilla for csa]";
  static const std::string prompts = names_of(kPrompts) + " [imagenet]";
  static const std::string activations = "The model's: " + names_of(kActivations) + " [auto]";
  add_group(
      context,
      {{"model", 'm', 0, G_OPTION_ARG_FILENAME, &raw.model, "Checkpoint of CLIP, or its folder",
        "FILE"},
       {"merges", 0, 0, G_OPTION_ARG_FILENAME, &raw.merges,
        "CLIP's byte-pair merges [found beside the model]", "FILE"},
       {"device", 0, 0, G_OPTION_ARG_STRING, &raw.device, "auto, cpu, cuda or cuda:N [auto]",
        "DEVICE"},
       {"precision", 0, 0, G_OPTION_ARG_STRING, &raw.precision, precisions.c_str(), "NAME,..."},
       {"threads", 0, 0, G_OPTION_ARG_INT, &raw.threads, "Of libtorch; 0: its own choice", "N"},
       {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &raw.cache_dir,
        "Keeps encoded words [OUTPUT/words]", "DIR"},
       {"attention", 0, 0, G_OPTION_ARG_STRING, &raw.attention, attentions.c_str(), "NAME,..."},
       {"architecture", 0, 0, G_OPTION_ARG_STRING, &raw.architecture, architectures.c_str(),
        "NAME"},
       {"gaussian-std", 0, 0, G_OPTION_ARG_DOUBLE, &raw.gaussian_std,
        "Reach of the neighbourhood, patches [5]", "X"},
       {"pearl-alpha", 0, 0, G_OPTION_ARG_DOUBLE, &raw.pearl_alpha,
        "Weight of pearl's key-key similarity [0.08]", "X"},
       {"prompts", 0, 0, G_OPTION_ARG_STRING, &raw.prompts, prompts.c_str(), "NAME"},
       {"activation", 0, 0, G_OPTION_ARG_STRING, &raw.activation, activations.c_str(), "NAME"},
       {}});
}

void add_inference_options(GOptionContext *context, RawOptions &raw) {
  static const std::string refinements =
      names_of(kRefinements) + "; several, separated by commas, are compared [pamr]";
  add_group(context,
            {{"input-size", 0, 0, G_OPTION_ARG_INT, &raw.input_size,
              "Short side of the network's input [the benchmark's; 336]", "PIXELS"},
             {"window-size", 0, 0, G_OPTION_ARG_INT, &raw.window_size,
              "Side of the sliding window; 0: whole picture [the benchmark's; 224]", "PIXELS"},
             {"window-stride", 0, 0, G_OPTION_ARG_INT, &raw.window_stride,
              "From one window to the next [112]", "PIXELS"},
             {"refine", 0, 0, G_OPTION_ARG_STRING, &raw.refine, refinements.c_str(), "NAME,..."},
             {"tlp-grid", 0, 0, G_OPTION_ARG_INT, &raw.tlp_grid,
              "Samples along each side of tlp's grid, about [80]", "N"},
             {"refine-steps", 0, 0, G_OPTION_ARG_INT, &raw.refine_steps,
              "Steps of pixel-adaptive refinement; 0: none [10]", "N"},
             {"refine-dilations", 0, 0, G_OPTION_ARG_STRING, &raw.refine_dilations,
              "Distances of its neighbours, pixels [8,16]", "N,..."},
             {"logit-scale", 0, 0, G_OPTION_ARG_DOUBLE, &raw.logit_scale,
              "Multiplies similarities before the softmax [40]", "X"},
             {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &raw.threshold,
              "Least probability of a class, below it is background [the benchmark's; 0]", "P"},
             {"area-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &raw.area_threshold,
              "Least share of a class among all pixels that are not background [0]", "P"},
             {}});
}

std::string text_of(const gchar *text, const char *fallback = "") {
  return text != nullptr ? text : fallback;
}

std::optional<int> given(gint value) {
  return value == kNotGiven ? std::nullopt : std::optional<int>(value);
}

std::optional<double> given(gdouble value) {
  return std::isnan(value) ? std::nullopt : std::optional<double>(value);
}

void require(bool condition, const std::string &message) {
  if (!condition) throw Error(ErrorKind::kSettings, message);
}

std::vector<int> labels_named(const std::string &text) {
  std::vector<int> labels;
  for (const std::string &part : split(text, ',')) {
    guint64 value = 0;
    require(g_ascii_string_to_unsigned(part.c_str(), 10, 0, 65535, &value, nullptr),
            "--ignore-label \"" + text + "\" is no list of labels from 0 to 65535: write e.g. 255");
    labels.push_back(static_cast<int>(value));
  }
  return labels;
}

/// "voc21,ade20k"; "all", or nothing, is all of them.
std::vector<std::string> benchmarks_named(const std::string &text) {
  std::vector<std::string> names = split(text, ',');
  if (names.empty() || text == "all") {
    names.clear();
    for (const Benchmark &one : benchmarks()) names.push_back(one.name);
  }
  for (const std::string &name : names) benchmark_named(name);
  return names;
}

ModelOptions model_of(const RawOptions &raw, const std::string &output) {
  ModelOptions model;
  model.model = text_of(raw.model);
  model.merges = text_of(raw.merges);
  model.device = text_of(raw.device, "auto");
  model.prompts = prompts_named(text_of(raw.prompts, name_of(model.prompts).c_str()));
  model.activation = activation_named(text_of(raw.activation, name_of(model.activation).c_str()));
  model.gaussian_std = given(raw.gaussian_std).value_or(model.gaussian_std);
  model.threads = raw.threads;
  model.cache_dir = text_of(raw.cache_dir, (output + "/words").c_str());
  return model;
}

EvalOptions read(const RawOptions &raw, bool tune) {
  EvalOptions options;
  options.tune = tune;
  options.min_precision = given(raw.min_precision);
  options.list = raw.list;
  options.version = raw.version;
  options.restart = raw.restart;
  options.benchmark = text_of(raw.benchmark);
  options.data = text_of(raw.data);
  options.images = text_of(raw.images);
  options.masks = text_of(raw.masks);
  options.vocabulary = text_of(raw.vocabulary);
  options.ignored = labels_named(text_of(raw.ignored));
  options.compare = raw.compare != nullptr;
  options.as_published = raw.as_published;
  if (options.compare) {
    options.benchmarks = benchmarks_named(options.benchmark);
    options.benchmark.clear();
    require(raw.attention == nullptr, "--compare names the attentions: leave --attention out");
  }
  const std::string kind = tune                        ? "tune"
                           : options.compare           ? "compare"
                           : options.benchmark.empty() ? "custom"
                                                       : options.benchmark;
  options.output = text_of(raw.output, ("naclip-eval-" + kind).c_str());
  options.model = model_of(raw, options.output);
  const std::string precisions = text_of(raw.precision, name_of(Precision{}).c_str());
  require(!options.compare || precisions.find(',') == std::string::npos,
          "--compare takes one --precision");
  options.runs = options.compare
                     ? runs_named(raw.compare, text_of(raw.architecture),
                                  text_of(raw.refine, "none,pamr,tlp"), precisions)
                     : runs_named(text_of(raw.attention, name_of(Attention{}).c_str()),
                                  text_of(raw.architecture),
                                  text_of(raw.refine, name_of(Refine{}).c_str()), precisions);
  options.input_size = given(raw.input_size);
  options.window_size = given(raw.window_size);
  options.window_stride = given(raw.window_stride);
  options.refine_steps = given(raw.refine_steps);
  options.tlp_grid = given(raw.tlp_grid);
  if (raw.refine_dilations != nullptr)
    options.refine_dilations = parse_dilations(raw.refine_dilations, "--refine-dilations");
  options.logit_scale = given(raw.logit_scale);
  options.threshold = given(raw.threshold);
  options.area_threshold = given(raw.area_threshold);
  options.pearl_alpha = given(raw.pearl_alpha);
  if (raw.limit != kNotGiven) {
    require(raw.limit >= 1, "--limit must be at least 1");
    options.limit = static_cast<std::size_t>(raw.limit);
  }
  return options;
}

void require_complete(const EvalOptions &options) {
  if (options.list || options.version) return;
  const bool own = !options.images.empty() || !options.masks.empty();
  require(!options.compare || (!own && !options.tune),
          "--compare is for benchmarks: on pictures of your own name several with --attention and "
          "--refine");
  require(own || options.compare || !options.benchmark.empty(),
          "Say what to evaluate on: --benchmark NAME --data DIR (--list tells the names), or "
          "--images DIR --masks DIR --vocabulary FILE");
  require(!own || (options.benchmark.empty() && options.data.empty()),
          "--benchmark and --data go without --images and --masks: choose one of both");
  require(
      !own || (!options.images.empty() && !options.masks.empty() && !options.vocabulary.empty()),
      "Pictures of your own need all of --images DIR, --masks DIR and --vocabulary FILE");
  require(own || !options.data.empty(),
          options.compare
              ? "--compare needs --data DIR, the folder that holds the data sets"
              : "--benchmark " + options.benchmark + " needs --data DIR, the data set's folder");
  require(!own || !options.as_published, "--as-published goes with benchmarks");
  require(own || options.ignored.empty(),
          "--ignore-label is for masks of your own: the benchmarks ignore what the paper's do");
  require(!options.tune || own, "tune needs --images DIR, --masks DIR and --vocabulary FILE");
  require(
      !options.tune || options.runs.size() == 1,
      "tune takes one attention, one refinement and one precision: thresholds of one are not those "
      "of another");
  require(options.tune || !options.min_precision, "--min-precision goes with tune");
  require(!options.min_precision || (*options.min_precision > 0 && *options.min_precision <= 1),
          "--min-precision must be above 0 and at most 1");
  require(!options.model.model.empty(),
          "No model: name a checkpoint of CLIP with --model, e.g. --model ViT-B-16.pt");
}

/// "csa/vanilla" without a refinement.
RunChoice run_named(const std::string &item, const std::string &fallback) {
  const std::vector<std::string> parts = split(item, '/');
  require(parts.size() == 1 || parts.size() == 2,
          "--attention \"" + item + "\" is no attention such as naclip or csa/vanilla");
  RunChoice run;
  run.attention = attention_named(parts[0]);
  const bool only_vanilla = run.attention == Attention::kCsa;
  const bool only_reduced =
      run.attention == Attention::kScclip || run.attention == Attention::kPearl;
  if (only_vanilla) run.architecture = Architecture::kVanilla;
  if (!fallback.empty()) run.architecture = architecture_named(fallback);
  if (parts.size() == 2) run.architecture = architecture_named(parts[1]);
  // What the library would say after the runs before this one.
  require(!only_vanilla || run.architecture == Architecture::kVanilla,
          "--attention csa goes with --architecture vanilla only: write csa/vanilla");
  require(!only_reduced || run.architecture == Architecture::kReduced,
          "--attention " + parts[0] + " goes with --architecture reduced only: write " + parts[0] +
              "/reduced");
  return run;
}

}  // namespace

EvalOptions parse_options(int argc, char **argv) {
  RawOptions raw;
  g_autoptr(GOptionContext) context = g_option_context_new(nullptr);
  g_option_context_set_summary(context, kSummary);
  g_option_context_set_description(context, kDescription);
  add_data_options(context, raw);
  add_model_options(context, raw);
  add_inference_options(context, raw);
  std::vector<std::string> rest = take_options(context, argc, argv);
  const bool tune = !rest.empty() && rest[0] == "tune";
  if (tune) rest.erase(rest.begin());
  if (!rest.empty())
    throw Error(ErrorKind::kSettings, "\"" + rest[0] + "\" belongs to no option; see --help");
  EvalOptions options = read(raw, tune);
  require_complete(options);
  return options;
}

std::vector<RunChoice> runs_named(const std::string &attentions, const std::string &fallback,
                                  const std::string &refinements, const std::string &precisions) {
  std::vector<RunChoice> runs;
  for (const std::string &item : split(attentions, ',')) {
    RunChoice run = run_named(item, fallback);
    for (const std::string &refine : split(refinements, ',')) {
      run.refine = refine_named(refine);
      for (const std::string &precision : split(precisions, ',')) {
        run.precision = precision_named(precision);
        require(std::find(runs.begin(), runs.end(), run) == runs.end(),
                "--attention " + attentions + " with --refine " + refinements +
                    " and --precision " + precisions + " names " + item + " with " + refine +
                    " in " + precision + " twice");
        runs.push_back(run);
      }
    }
  }
  require(!runs.empty(), "Nothing to run: write e.g. --attention naclip --refine pamr");
  return runs;
}

InferenceOptions with_given(InferenceOptions options, const EvalOptions &given) {
  options.input_size = given.input_size.value_or(options.input_size);
  options.window_size = given.window_size.value_or(options.window_size);
  if (options.window_size > 0)
    options.window_stride = std::min(options.window_stride, options.window_size);
  options.window_stride = given.window_stride.value_or(options.window_stride);
  options.tlp_grid = given.tlp_grid.value_or(options.tlp_grid);
  options.refine_steps = given.refine_steps.value_or(options.refine_steps);
  options.refine_dilations = given.refine_dilations.value_or(options.refine_dilations);
  options.logit_scale = given.logit_scale.value_or(options.logit_scale);
  options.threshold = given.threshold.value_or(options.threshold);
  options.area_threshold = given.area_threshold.value_or(options.area_threshold);
  return options;
}

}  // namespace naclip::eval
