// Intersection over union, as mmsegmentation's IoUMetric computes it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/segmentation.h"
#include "model/tools/naclip-eval/label_map.h"

namespace naclip::eval {

/// Pixels of each class, summed over pictures.
struct Areas {
  std::vector<std::uint64_t> intersection;  ///< both say so
  std::vector<std::uint64_t> prediction;    ///< we say so, where the ground truth is not ignored
  std::vector<std::uint64_t> label;         ///< the ground truth says so

  explicit Areas(std::size_t classes = 0)
      : intersection(classes), prediction(classes), label(classes) {}
  bool operator==(const Areas &) const = default;

  /// Adds one picture. Classes are the regions from `first` on: 0 where the vocabulary names a
  /// background, else 1. Ignored pixels count nowhere. A pixel whose label is out of range, or is
  /// region 0 where that is no class, counts for the predicted class alone, as in IoUMetric.
  /// Returns the labels out of range with their pixels. Sizes must be equal.
  std::map<int, std::uint64_t> add(const Segmentation &predicted, const LabelMap &truth,
                                   const LabelMeaning &meaning, std::size_t first);
};

/// Figures from 0 to 1. Those without a pixel to go by are NaN.
struct Scores {
  std::vector<double> iou;       ///< by class: intersection / union
  std::vector<double> accuracy;  ///< by class: intersection / label
  double mean_iou;               ///< over the classes that have one, IoUMetric's mIoU
  double mean_accuracy;          ///< likewise, mAcc
  double pixel_accuracy;         ///< all intersections / all labels, aAcc
};

Scores scores_of(const Areas &areas);

}  // namespace naclip::eval
