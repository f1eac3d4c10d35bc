#include "model/tools/naclip-eval/thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace naclip::eval {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Accuracy accuracy_of(std::uint64_t right, std::uint64_t wrong, std::uint64_t truth) {
  const auto part = [](std::uint64_t some, std::uint64_t all) {
    return all == 0 ? kNone : static_cast<double>(some) / static_cast<double>(all);
  };
  return {part(right, right + wrong), part(right, truth), part(2 * right, right + wrong + truth)};
}

std::uint64_t from(const std::vector<std::uint64_t> &histogram, std::size_t step) {
  return std::accumulate(histogram.begin() + static_cast<std::ptrdiff_t>(step), histogram.end(),
                         std::uint64_t{0});
}

}  // namespace

void ThresholdCounts::add(const Segmentation &found, const LabelMap &truth,
                          const LabelMeaning &meaning) {
  for (std::size_t pixel = 0; pixel < truth.values.size(); ++pixel) {
    const int labelled = meaning(truth.values[pixel]);
    if (labelled == LabelMeaning::kIgnored) continue;
    const std::size_t region = region_at(found, pixel);
    const bool right = static_cast<int>(region) == labelled;
    const double confidence = std::clamp(static_cast<double>(found.confidences[pixel]), 0.0, 1.0);
    ++(right ? right_ : wrong_)[region][static_cast<std::size_t>(confidence * kSteps)];
    if (labelled >= 0) ++truth_[static_cast<std::size_t>(labelled)];
  }
}

Accuracy ThresholdCounts::accuracy(std::size_t region, double threshold) const {
  const auto step = static_cast<std::size_t>(std::ceil(threshold * kSteps - 1e-9));
  return accuracy_of(from(right_[region], step), from(wrong_[region], step), truth_[region]);
}

TunedThreshold ThresholdCounts::tune(std::size_t region,
                                     std::optional<double> min_precision) const {
  if (truth_[region] == 0) return {std::nullopt, accuracy(region, 0.0), true};
  TunedThreshold best{0.0, accuracy(region, 0.0), false};
  const auto worth = [&](const Accuracy &accuracy) {
    const double value = min_precision ? accuracy.precision : accuracy.f1;
    return std::isnan(value) ? -1.0 : value;
  };
  for (int step = 0; step <= kSteps; ++step) {
    const double threshold = static_cast<double>(step) / kSteps;
    const Accuracy accuracy = this->accuracy(region, threshold);
    if (min_precision && accuracy.precision >= *min_precision) return {threshold, accuracy, true};
    if (worth(accuracy) > worth(best.accuracy)) best = {threshold, accuracy, false};
  }
  best.precise = !min_precision;
  return best;
}

}  // namespace naclip::eval
