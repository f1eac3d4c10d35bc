#include "model/tools/naclip-eval/problems.h"

#include <algorithm>
#include <array>

#include "model/error.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

struct KindText {
  ProblemKind kind;
  const char *name;
  const char *singular;
  const char *plural;
};

constexpr std::array<KindText, 6> kKinds{{
    {ProblemKind::kNoMask, "no-ground-truth", "picture without ground truth",
     "pictures without ground truth"},
    {ProblemKind::kNoPicture, "no-picture", "name without a picture", "names without a picture"},
    {ProblemKind::kUnreadablePicture, "unreadable-picture", "picture that cannot be read",
     "pictures that cannot be read"},
    {ProblemKind::kUnreadableMask, "unreadable-ground-truth", "ground truth that cannot be read",
     "ground truths that cannot be read"},
    {ProblemKind::kOtherSize, "other-size", "ground truth of another size than its picture",
     "ground truths of another size than their pictures"},
    {ProblemKind::kLabelOutOfRange, "label-out-of-range", "ground truth with labels out of range",
     "ground truths with labels out of range"},
}};

const KindText &text_of(ProblemKind kind) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const KindText &one) { return one.kind == kind; });
}

}  // namespace

const char *problem_name(ProblemKind kind) {
  return text_of(kind).name;
}

ProblemKind problem_named(const std::string &name) {
  for (const KindText &one : kKinds)
    if (name == one.name) return one.kind;
  throw Error(ErrorKind::kFormat, "There is no kind of problem called " + name);
}

std::uint64_t Problems::count(ProblemKind kind) const {
  return static_cast<std::uint64_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Problem &problem) { return problem.kind == kind; }));
}

std::uint64_t Problems::left_out() const {
  return all_.size() - count(ProblemKind::kLabelOutOfRange);
}

std::vector<std::string> Problems::sentences(std::size_t names) const {
  std::vector<std::string> sentences;
  for (const KindText &text : kKinds) {
    std::vector<std::string> files;
    std::uint64_t pixels = 0;
    for (const Problem &problem : all_) {
      if (problem.kind != text.kind) continue;
      files.push_back(problem.detail.empty() ? problem.file
                                             : problem.file + " (" + problem.detail + ")");
      pixels += problem.pixels;
    }
    if (files.empty()) continue;
    std::string sentence = counted(files.size(), text.singular, text.plural);
    if (pixels > 0) sentence += ", " + counted(pixels, "pixel", "pixels") + " in all";
    sentences.push_back(sentence + ": " + named(files, names));
  }
  return sentences;
}

}  // namespace naclip::eval
