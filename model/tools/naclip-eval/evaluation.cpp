#include "model/tools/naclip-eval/evaluation.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "model/error.h"
#include "model/tools/naclip-eval/picture_file.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

constexpr std::size_t kLabelsNamed = 5;

std::string cause_of(const Error &error) {
  return error.detail().empty() ? error.what() : error.detail();
}

std::string size_text(int width, int height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

/// Reads with `Read`; what fails is a problem of that kind.
template <class Read>
auto read_or_report(ProblemKind kind, const std::string &name, Problems &problems, Read read)
    -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error &error) {
    if (error.kind() == ErrorKind::kMemory) throw;
    problems.add({kind, name, cause_of(error), 0});
    return std::nullopt;
  }
}

void add_to(Tally &tally, const std::string &name, const std::map<int, std::uint64_t> &unknown) {
  if (unknown.empty()) return;
  std::vector<std::string> labels;
  std::uint64_t pixels = 0;
  for (const auto &[label, count] : unknown) {
    labels.push_back(std::to_string(label));
    pixels += count;
  }
  tally.problems.add({ProblemKind::kLabelOutOfRange, name,
                      (labels.size() == 1 ? "label " : "labels ") + named(labels, kLabelsNamed),
                      pixels});
}

void evaluate_readable(const Subject &subject, const Pair &pair, Tally &tally) {
  const auto truth = read_or_report(ProblemKind::kUnreadableMask, pair.name, tally.problems,
                                    [&] { return read_label_map(pair.mask); });
  if (!truth) return;
  const auto file = read_or_report(ProblemKind::kUnreadablePicture, pair.name, tally.problems,
                                   [&] { return PictureFile(pair.picture); });
  if (!file) return;
  if (truth->width != file->width() || truth->height != file->height()) {
    tally.problems.add({ProblemKind::kOtherSize, pair.name,
                        size_text(truth->width, truth->height) + " instead of " +
                            size_text(file->width(), file->height()),
                        0});
    return;
  }
  const Picture picture = file->picture();
  const std::vector<Segmentation> found =
      subject.segmenter.segment({&picture, 1}, subject.vocabulary, subject.options);
  add_to(tally, pair.name,
         tally.areas.add(found.at(0), *truth, subject.meaning, subject.first_class));
  if (subject.thresholds) subject.thresholds->add(found.at(0), *truth, subject.meaning);
  ++tally.evaluated;
}

}  // namespace

void evaluate_pair(const Subject &subject, const Pair &pair, Tally &tally) {
  const auto start = std::chrono::steady_clock::now();
  evaluate_readable(subject, pair, tally);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  tally.seconds += time.count();
  ++tally.done;
}

void evaluate(const Subject &subject, const Dataset &dataset, std::size_t limit, Tally &tally,
              const std::function<bool()> &after) {
  const std::size_t end = std::min(limit, dataset.pairs.size());
  while (tally.done < end) {
    evaluate_pair(subject, dataset.pairs[tally.done], tally);
    if (!after()) return;
  }
}

}  // namespace naclip::eval
