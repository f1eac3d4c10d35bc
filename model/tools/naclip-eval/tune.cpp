#include "model/tools/naclip-eval/tune.h"

#include <algorithm>
#include <cmath>

#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

std::string percent(double value) {
  return std::isnan(value) ? "-" : printed("%.1f", 100.0 * value);
}

std::string line_of(const VocabularyClass &one, std::optional<double> threshold) {
  std::string line = one.label;
  if (one.colour) line += printed(" #%06x", *one.colour);
  if (threshold) line += " >" + number(*threshold);
  return line + ": " + joined(one.synonyms, ", ") + "\n";
}

}  // namespace

std::string vocabulary_text(const Vocabulary &vocabulary,
                            const std::vector<std::optional<double>> &thresholds) {
  std::string text;
  for (std::size_t i = 0; i < vocabulary.classes().size(); ++i)
    text += line_of(vocabulary.classes()[i], thresholds[i]);
  return text;
}

Vocabulary without_thresholds(const Vocabulary &vocabulary) {
  return Vocabulary::parse(
      vocabulary_text(vocabulary, std::vector<std::optional<double>>(vocabulary.classes().size())));
}

std::vector<TunedClass> tune(const ThresholdCounts &counts, const Vocabulary &vocabulary,
                             double general_threshold, std::optional<double> min_precision) {
  std::vector<TunedClass> classes;
  for (std::size_t i = 0; i < vocabulary.classes().size(); ++i) {
    const VocabularyClass &one = vocabulary.classes()[i];
    const std::size_t region = vocabulary.region_of(i);
    const double before = one.threshold.value_or(general_threshold);
    if (region == 0)
      classes.push_back({one.label, {}, {NAN, NAN, NAN}, {{}, {NAN, NAN, NAN}}});
    else
      classes.push_back(
          {one.label, before, counts.accuracy(region, before), counts.tune(region, min_precision)});
  }
  return classes;
}

std::string tuned_text(const std::vector<TunedClass> &classes,
                       std::optional<double> min_precision) {
  int width = 5;
  for (const TunedClass &one : classes) width = std::max(width, static_cast<int>(one.label.size()));
  std::string text = printed("%-*s  %-28s  %-28s\n%-*s  %9s %9s %6s %6s  %9s %9s %6s %6s\n", width,
                             "", "before", "after", width, "class", "threshold", "precision",
                             "recall", "F1", "threshold", "precision", "recall", "F1");
  const auto row = [](std::optional<double> threshold, const Accuracy &accuracy) {
    return printed("  %9s %9s %6s %6s", threshold ? number(*threshold).c_str() : "-",
                   percent(accuracy.precision).c_str(), percent(accuracy.recall).c_str(),
                   percent(accuracy.f1).c_str());
  };
  std::string notes;
  std::vector<std::string> absent;
  for (const TunedClass &one : classes) {
    text += printed("%-*s", width, one.label.c_str()) + row(one.threshold_before, one.before) +
            row(one.after.threshold, one.after.accuracy) + "\n";
    if (one.threshold_before && !one.after.threshold) absent.push_back(one.label);
    if (!one.after.precise)
      notes += one.label + ": no threshold has a precision of " + percent(*min_precision) +
               " %; this is the greatest there is\n";
  }
  if (!absent.empty())
    notes += "The masks have no pixel of " + joined(absent, ", ") +
             ", so the vocabulary keeps what it had for " + (absent.size() > 1 ? "these" : "it") +
             "\n";
  return text + notes;
}

}  // namespace naclip::eval
