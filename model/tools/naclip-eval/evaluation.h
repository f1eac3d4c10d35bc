// Evaluates a model on pairs of picture and ground truth.
#pragma once

#include <cstddef>
#include <functional>

#include "model/segmenter.h"
#include "model/tools/naclip-eval/dataset.h"
#include "model/tools/naclip-eval/iou.h"
#include "model/tools/naclip-eval/label_map.h"
#include "model/tools/naclip-eval/problems.h"
#include "model/tools/naclip-eval/thresholds.h"

namespace naclip::eval {

/// How far a run has come.
struct Tally {
  std::size_t done = 0;       ///< pairs looked at, in the data set's order
  std::size_t evaluated = 0;  ///< of these, those that could be used
  double seconds = 0.0;       ///< time spent on them
  Areas areas;
  Problems problems;
};

/// What to evaluate with. Nothing is owned.
struct Subject {
  Segmenter &segmenter;
  const EncodedVocabulary &vocabulary;
  InferenceOptions options;  ///< mask_size must be kFrame: ground truth is never resized
  const LabelMeaning &meaning;
  std::size_t first_class;                ///< see Areas::add
  ThresholdCounts *thresholds = nullptr;  ///< counts each pixel as well, unless null
};

/// Looks at one pair, adds it to the tally and counts what is wrong with it. Throws what
/// Segmenter::segment() throws, and then leaves the tally as it was.
void evaluate_pair(const Subject &subject, const Pair &pair, Tally &tally);

/// Goes on from where the tally is, up to `limit` pairs. `after` is called after each pair; the run
/// stops once it returns false.
void evaluate(const Subject &subject, const Dataset &dataset, std::size_t limit, Tally &tally,
              const std::function<bool()> &after);

}  // namespace naclip::eval
