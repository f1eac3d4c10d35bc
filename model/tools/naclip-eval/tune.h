// `naclip-eval tune`: a vocabulary whose classes have thresholds of their own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/tools/naclip-eval/thresholds.h"
#include "model/vocabulary.h"

namespace naclip::eval {

/// The vocabulary without the thresholds of its classes.
Vocabulary without_thresholds(const Vocabulary &vocabulary);

/// The vocabulary as a file, one class a line, which reads back as the same; with these thresholds
/// where there is one, by class.
std::string vocabulary_text(const Vocabulary &vocabulary,
                            const std::vector<std::optional<double>> &thresholds);

/// What was found for one class.
struct TunedClass {
  std::string label;
  std::optional<double> threshold_before;  ///< its own, or the general one; none: background
  Accuracy before;
  TunedThreshold after;
};

/// By class; the background has none, since it is what thresholds leave.
std::vector<TunedClass> tune(const ThresholdCounts &counts, const Vocabulary &vocabulary,
                             double general_threshold, std::optional<double> min_precision);

/// A table for people: each class before and after, and what could not be done.
std::string tuned_text(const std::vector<TunedClass> &classes, std::optional<double> min_precision);

}  // namespace naclip::eval
