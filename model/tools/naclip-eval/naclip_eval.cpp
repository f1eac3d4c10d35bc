// naclip-eval: the figures of the paper, and those of data sets of one's own.
#include <glib.h>
#include <glib/gstdio.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <stop_token>

#include "model/error.h"
#include "model/process/openblas_core.h"
#include "model/tools/common/progress.h"
#include "model/tools/naclip-eval/comparison.h"
#include "model/tools/naclip-eval/eval_options.h"
#include "model/tools/naclip-eval/eval_report.h"
#include "model/tools/naclip-eval/eval_state.h"
#include "model/tools/naclip-eval/eval_task.h"
#include "model/tools/naclip-eval/text.h"
#include "model/tools/naclip-eval/tune.h"

namespace naclip::eval {

namespace {

enum ExitStatus { kAllEvaluated = 0, kFailed = 1, kWrongUse = 2, kFaults = 3, kStopped = 130 };

// A killed run loses at most this many pictures.
constexpr std::size_t kPicturesPerSave = 10;

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int signal) {
  stop_requested = 1;
  // Whoever asks twice does not want to wait for the picture.
  std::signal(signal, SIG_DFL);
}

void list_benchmarks() {
  std::printf("%-12s %-28s %5s %7s %10s %10s\n", "name", "data set", "input", "window", "threshold",
              "published");
  for (const Benchmark &one : benchmarks())
    std::printf("%-12s %-28s %5d %7s %10s %10.2f\n", one.name.c_str(), one.title.c_str(),
                one.input_size,
                one.window_size > 0 ? std::to_string(one.window_size).c_str() : "whole",
                number(one.threshold).c_str(), one.published);
}

void write_file(const std::string &path, const std::string &text) {
  g_autoptr(GError) error = nullptr;
  if (!g_file_set_contents(path.c_str(), text.data(), static_cast<gssize>(text.size()), &error))
    throw Error(ErrorKind::kRead, path + " cannot be written", error->message);
}

/// "mIoU 12.34". mean_iou: 0 to 1, or NaN.
std::string mean_iou_text(double mean_iou) {
  return "mIoU " + (std::isnan(mean_iou) ? "-" : printed("%.2f", 100.0 * mean_iou));
}

void warn(LogLevel level, const Error &message) {
  if (level == LogLevel::kWarning) std::fprintf(stderr, "naclip-eval: %s\n", message.what());
}

/// The vocabulary; null where the user asked to stop.
std::shared_ptr<const EncodedVocabulary> encode(Segmenter &segmenter, const Vocabulary &words,
                                                const std::string &name) {
  std::fprintf(stderr, "naclip-eval: %s: encoding %s\n", name.c_str(),
               counted(words.classes().size(), "class", "classes").c_str());
  std::stop_source stop;
  Progress progress(name + " words", Unit::kItems);
  const auto show = [&](std::size_t known, std::size_t all) {
    progress.update(known, all);
    if (stop_requested != 0) stop.request_stop();
  };
  auto vocabulary = segmenter.encode(words, warn, show, stop.get_token());
  progress.finish();
  return vocabulary;
}

/// All runs on one data set.
class Command {
 public:
  Command(const EvalOptions &options, const Task &task)
      : options_(options),
        task_(task),
        meaning_(task.labelling),
        limit_(std::min(options.limit, task.dataset.pairs.size())) {
    report_.benchmark = task.benchmark ? task.benchmark->name : "";
    report_.title = task.title;
    report_.folders = task.folders;
    report_.model_path = options.model.model;
    report_.pairs = task.dataset.pairs.size();
    report_.limit = limit_;
    report_.classes = task.class_labels();
    report_.problems = task.dataset.problems;
  }

  /// Does all runs; reports after each.
  ExitStatus execute() {
    for (const std::string &sentence : report_.problems.sentences(3))
      std::fprintf(stderr, "naclip-eval: %s\n", sentence.c_str());
    for (const RunChoice &choice : options_.runs) {
      RunReport run = evaluate_one(choice);
      if (run.tally.done < limit_) {
        std::fprintf(stderr,
                     "naclip-eval: stopped after %zu of %zu pictures; the same command goes on "
                     "from there\n",
                     run.tally.done, limit_);
        return kStopped;
      }
      report_.runs.push_back(std::move(run));
      write_file(options_.output + "/report.json", json_of(report_));
      write_file(options_.output + "/report.md", markdown_of(report_));
    }
    if (!options_.compare) std::fputs(markdown_of(report_).c_str(), stdout);
    std::fprintf(stderr, "naclip-eval: wrote report.md and report.json into %s\n",
                 options_.output.c_str());
    const bool faults = !problems_of(report_).empty();
    return faults ? kFaults : kAllEvaluated;
  }

  const Report &report() const { return report_; }

 private:
  RunReport evaluate_one(const RunChoice &choice) {
    RunSettings settings = settings_for(task_, options_, choice);
    settings.model.log = warn;
    const std::string refine = name_of(choice.refine);
    const std::string name = name_of(choice.attention) + "/" + name_of(choice.architecture) +
                             (choice.refine == Refine{} ? "" : "/" + refine) +
                             (one_precision() ? "" : "/" + name_of(choice.precision));
    const auto segmenter = load_segmenter(settings.model);
    if (report_.model_sha256.empty()) report_.model_sha256 = model_sha256(settings.model.model);
    const Settings identity = identity_of(task_, settings, segmenter->info(), report_.model_sha256);
    const std::string state = options_.output + "/state-" + joined(split(name, '/'), "-") + ".json";
    Tally tally = known_tally(state, identity, name);
    if (tally.done < limit_) work(*segmenter, settings.inference, state, identity, name, tally);
    if (tally.done >= limit_ && tally.evaluated == 0)
      throw Error(ErrorKind::kFormat,
                  "No picture could be evaluated: " + joined(tally.problems.sentences(3), "; "));
    RunReport run;
    run.settings = settings_of(settings.model, settings.inference);
    run.model = segmenter->info();
    if (task_.benchmark) {
      run.departures = departures_of(task_, options_, settings, segmenter->info(), tally);
      if (run.departures.empty()) run.published = published_figure(*task_.benchmark, settings);
    }
    run.tally = std::move(tally);
    return run;
  }

  bool one_precision() const {
    return std::all_of(options_.runs.begin(), options_.runs.end(), [&](const RunChoice &run) {
      return run.precision == options_.runs.front().precision;
    });
  }

  /// What an earlier command left, or nothing.
  Tally known_tally(const std::string &state, const Settings &identity,
                    const std::string &name) const {
    if (options_.restart) g_remove(state.c_str());
    auto known = load_state(state, identity, report_.classes.size());
    if (!known) {
      Tally fresh;
      fresh.areas = Areas(report_.classes.size());
      return fresh;
    }
    if (known->done > limit_)
      throw Error(ErrorKind::kSettings,
                  state + " holds " + counted(known->done, "picture", "pictures") + ", and there " +
                      "are to be " + std::to_string(limit_) +
                      ": raise --limit, name another --output, or begin anew with --restart");
    std::fprintf(stderr, "naclip-eval: %s: %zu of %zu pictures were done before (%s)\n",
                 name.c_str(), known->done, limit_, state.c_str());
    return std::move(*known);
  }

  void work(Segmenter &segmenter, const InferenceOptions &inference, const std::string &state,
            const Settings &identity, const std::string &name, Tally &tally) const {
    const auto vocabulary = encode(segmenter, task_.vocabulary, name);
    if (vocabulary == nullptr) return;
    const Subject subject{segmenter, *vocabulary, inference, meaning_, task_.first_class()};
    Progress progress(name, Unit::kItems);
    progress.update(tally.done, limit_);
    const auto after = [&] {
      progress.update(tally.done, limit_, mean_iou_text(scores_of(tally.areas).mean_iou));
      if (tally.done % kPicturesPerSave == 0) save_state(state, identity, tally);
      return stop_requested == 0;
    };
    try {
      evaluate(subject, task_.dataset, limit_, tally, after);
    } catch (const Error &) {
      // What failed may be the machine's memory: what was done is worth keeping.
      progress.finish();
      save_state(state, identity, tally);
      throw;
    }
    progress.finish();
    save_state(state, identity, tally);
  }

  const EvalOptions &options_;
  const Task &task_;
  LabelMeaning meaning_;
  std::size_t limit_;
  Report report_;
};

/// Finds the thresholds on all pictures; writes the vocabulary with them.
ExitStatus tune_thresholds(const EvalOptions &options, const Task &task) {
  RunSettings settings = settings_for(task, options, options.runs.front());
  settings.model.log = warn;
  const auto segmenter = load_segmenter(settings.model);
  const auto vocabulary = encode(*segmenter, without_thresholds(task.vocabulary), "tune");
  if (vocabulary == nullptr) return kStopped;
  InferenceOptions inference = settings.inference;
  inference.threshold = 0.0;
  inference.confidences = true;
  const LabelMeaning meaning(task.labelling);
  ThresholdCounts counts(task.vocabulary.regions().size());
  const Subject subject{*segmenter, *vocabulary, inference, meaning, task.first_class(), &counts};
  Tally tally;
  tally.areas = Areas(task.class_labels().size());
  tally.problems = task.dataset.problems;
  const std::size_t limit = std::min(options.limit, task.dataset.pairs.size());
  Progress progress("tune", Unit::kItems);
  evaluate(subject, task.dataset, limit, tally, [&] {
    progress.update(tally.done, limit);
    return stop_requested == 0;
  });
  progress.finish();
  for (const std::string &sentence : tally.problems.sentences(3))
    std::fprintf(stderr, "naclip-eval: %s\n", sentence.c_str());
  if (tally.done < limit) {
    std::fprintf(stderr, "naclip-eval: stopped after %zu of %zu pictures; nothing was written\n",
                 tally.done, limit);
    return kStopped;
  }
  if (tally.evaluated == 0)
    throw Error(ErrorKind::kFormat,
                "No picture could be evaluated: " + joined(tally.problems.sentences(3), "; "));
  const std::vector<TunedClass> classes =
      tune(counts, task.vocabulary, settings.inference.threshold, options.min_precision);
  std::fputs(tuned_text(classes, options.min_precision).c_str(), stdout);
  std::vector<std::optional<double>> thresholds;
  for (std::size_t i = 0; i < classes.size(); ++i)
    thresholds.push_back(classes[i].after.threshold ? classes[i].after.threshold
                                                    : task.vocabulary.classes()[i].threshold);
  const std::string path = options.output + "/vocabulary.txt";
  write_file(path, vocabulary_text(task.vocabulary, thresholds));
  std::fprintf(stderr, "naclip-eval: wrote %s\n", path.c_str());
  return tally.problems.empty() ? kAllEvaluated : kFaults;
}

void make_folder(const std::string &path) {
  if (g_mkdir_with_parents(path.c_str(), 0777) != 0)
    throw Error(ErrorKind::kRead,
                "The folder " + path + " cannot be made; name another with --output");
}

/// The runs on all benchmarks that are there, each in a folder of its own.
class Comparer {
 public:
  explicit Comparer(const EvalOptions &options) : options_(options) {
    comparison_.runs = options.runs;
    comparison_.as_published = options.as_published;
    comparison_.benchmarks = options.benchmarks;
    comparison_.found.resize(options.benchmarks.size());
  }

  ExitStatus execute() {
    ExitStatus worst = kAllEvaluated;
    std::size_t there = 0;
    for (std::size_t i = 0; i < options_.benchmarks.size(); ++i) {
      EvalOptions options = options_;
      options.benchmark = options_.benchmarks[i];
      options.output = options_.output + "/" + options.benchmark;
      const std::optional<Task> task = find(options);
      if (!task) {
        worst = kFaults;
        continue;
      }
      ++there;
      make_folder(options.output);
      Command command(options, *task);
      const ExitStatus status = command.execute();
      if (status == kStopped) return status;
      worst = std::max(worst, status);
      add(i, command.report());
      write_file(options_.output + "/comparison.md", markdown_of(comparison_));
      write_file(options_.output + "/comparison.json", json_of(comparison_));
    }
    if (there == 0)
      throw Error(ErrorKind::kNotFound, "None of the benchmarks is in " + options_.data +
                                            ": see docs/evaluation.md for their folders");
    std::fputs(markdown_of(comparison_).c_str(), stdout);
    std::fprintf(stderr, "naclip-eval: wrote comparison.md and comparison.json into %s\n",
                 options_.output.c_str());
    return worst;
  }

 private:
  /// None where the data set is not there.
  std::optional<Task> find(const EvalOptions &options) {
    try {
      return make_task(options);
    } catch (const Error &error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      std::fprintf(stderr, "naclip-eval: %s is left out: %s\n", options.benchmark.c_str(),
                   error.what());
      comparison_.notes.push_back(options.benchmark + " is not there");
      return std::nullopt;
    }
  }

  void add(std::size_t benchmark, const Report &report) {
    std::vector<double> figures;
    for (const RunReport &run : report.runs)
      figures.push_back(100.0 * scores_of(run.tally.areas).mean_iou);
    comparison_.found[benchmark] = figures;
    comparison_.model = report.runs.front().model;
    if (report.limit < report.pairs)
      comparison_.notes.push_back(report.benchmark + ": " + grouped(report.limit) + " of " +
                                  counted(report.pairs, "picture", "pictures"));
    if (!problems_of(report).empty())
      comparison_.notes.push_back(report.benchmark + ": the data set has faults");
  }

  const EvalOptions &options_;
  Comparison comparison_;
};

ExitStatus run(const EvalOptions &options) {
  if (options.version) {
    std::puts("naclip-eval " NACLIP_VERSION);
    return kAllEvaluated;
  }
  if (options.list) {
    list_benchmarks();
    return kAllEvaluated;
  }
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  if (options.compare) {
    make_folder(options.output);
    return Comparer(options).execute();
  }
  const Task task = make_task(options);
  make_folder(options.output);
  return options.tune ? tune_thresholds(options, task) : Command(options, task).execute();
}

}  // namespace

}  // namespace naclip::eval

int main(int argc, char **argv) {
  naclip::restart_for_openblas(argv);
  // Names of files only: numbers are written the same way in every locale.
  std::setlocale(LC_CTYPE, "");
  try {
    return naclip::eval::run(naclip::eval::parse_options(argc, argv));
  } catch (const naclip::Error &error) {
    std::fprintf(stderr, "naclip-eval: %s\n", error.what());
    if (!error.detail().empty()) std::fprintf(stderr, "  %s\n", error.detail().c_str());
    return error.kind() == naclip::ErrorKind::kSettings ? naclip::eval::kWrongUse
                                                        : naclip::eval::kFailed;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "naclip-eval: %s\n", error.what());
    return naclip::eval::kFailed;
  }
}
