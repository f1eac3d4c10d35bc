#include "model/tools/naclip-eval/iou.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace naclip::eval {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? kNone : static_cast<double>(part) / static_cast<double>(whole);
}

double mean_of_known(const std::vector<double> &values) {
  double sum = 0.0;
  std::size_t known = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++known;
  }
  return known == 0 ? kNone : sum / static_cast<double>(known);
}

std::uint64_t total(const std::vector<std::uint64_t> &values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

}  // namespace

std::map<int, std::uint64_t> Areas::add(const Segmentation &predicted, const LabelMap &truth,
                                        const LabelMeaning &meaning, std::size_t first) {
  std::map<int, std::uint64_t> out_of_range;
  for (std::size_t pixel = 0; pixel < truth.values.size(); ++pixel) {
    const int labelled = meaning(truth.values[pixel]);
    if (labelled == LabelMeaning::kIgnored) continue;
    const std::size_t found = region_at(predicted, pixel);
    if (found >= first) ++prediction[found - first];
    if (labelled == LabelMeaning::kOutOfRange) {
      ++out_of_range[truth.values[pixel]];
      continue;
    }
    const auto region = static_cast<std::size_t>(labelled);
    if (region < first) continue;
    ++label[region - first];
    if (found == region) ++intersection[region - first];
  }
  return out_of_range;
}

Scores scores_of(const Areas &areas) {
  Scores scores;
  for (std::size_t i = 0; i < areas.label.size(); ++i) {
    const std::uint64_t both = areas.intersection[i];
    scores.iou.push_back(ratio(both, areas.prediction[i] + areas.label[i] - both));
    scores.accuracy.push_back(ratio(both, areas.label[i]));
  }
  scores.mean_iou = mean_of_known(scores.iou);
  scores.mean_accuracy = mean_of_known(scores.accuracy);
  scores.pixel_accuracy = ratio(total(areas.intersection), total(areas.label));
  return scores;
}

}  // namespace naclip::eval
