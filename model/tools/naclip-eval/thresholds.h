// Which threshold suits each class: precision and recall over all thresholds at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/segmentation.h"
#include "model/tools/naclip-eval/label_map.h"

namespace naclip::eval {

/// How well a class is found. NaN where there is no pixel to go by.
struct Accuracy {
  double precision;  ///< of the pixels found, 0..1
  double recall;     ///< of the class's pixels, 0..1
  double f1;         ///< their harmonic mean
};

/// The threshold of one class and what it brings.
struct TunedThreshold {
  std::optional<double> threshold;  ///< 0..1; none where the masks have no pixel of the class
  Accuracy accuracy;                ///< with it
  bool precise = true;              ///< the precision that was asked for is reached
};

/// Pixels by region and by confidence, summed over pictures. A threshold is a multiple of
/// 1 / kSteps: finer ones mean nothing.
class ThresholdCounts {
 public:
  static constexpr int kSteps = 1000;

  explicit ThresholdCounts(std::size_t regions)
      : truth_(regions), right_(regions, Histogram(kSteps + 1)), wrong_(right_) {}

  /// Adds one picture that was segmented with confidences and without thresholds. Ignored pixels
  /// count nowhere, pixels whose label is out of range for the class that was found alone.
  void add(const Segmentation &found, const LabelMap &truth, const LabelMeaning &meaning);

  /// What a threshold brings for a region: pixels below it are not of its class.
  Accuracy accuracy(std::size_t region, double threshold) const;

  /// The lowest threshold of those with the greatest F1; with `min_precision`, 0..1, the lowest with
  /// that precision, which has the greatest recall, or where no threshold has it the one with the
  /// greatest precision.
  TunedThreshold tune(std::size_t region, std::optional<double> min_precision) const;

 private:
  using Histogram = std::vector<std::uint64_t>;  // by confidence, [kSteps + 1]
  std::vector<std::uint64_t> truth_;             // by region
  std::vector<Histogram> right_, wrong_;         // found, by region
};

}  // namespace naclip::eval
