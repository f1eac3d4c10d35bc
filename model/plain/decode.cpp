#include "model/plain/decode.h"

#include <algorithm>
#include <numeric>

#include "model/plain/stretch.h"
#include "model/plain/tally.h"

namespace naclip {

std::vector<std::uint8_t> struck_words(const std::vector<std::int64_t> &pixels,
                                       const DecodeOptions &options) {
  const at::Tensor regions = options.region_of_query.to(at::kCPU);
  const auto words = static_cast<std::size_t>(regions.numel());
  const int *region_of = regions.data_ptr<int>();
  std::vector<std::uint8_t> struck(words, 0);
  if (options.area_threshold <= 0.0 ||
      std::find(region_of, region_of + words, 0) == region_of + words)
    return struck;
  const double foreground =
      static_cast<double>(std::accumulate(pixels.begin() + 1, pixels.end(), std::int64_t{0}));
  for (std::size_t word = 0; word < words; ++word) {
    const auto region = static_cast<std::size_t>(region_of[word]);
    struck[word] =
        region != 0 && static_cast<double>(pixels[region]) < options.area_threshold * foreground;
  }
  return struck;
}

namespace plain {

namespace {

/// Probabilities [Q, H, W], 0 for the words that the area threshold strikes.
at::Tensor without_small_classes(const at::Tensor &probabilities, const DecodeOptions &options) {
  if (options.area_threshold <= 0.0) return probabilities;
  const at::Tensor regions =
      options.region_of_query.to(at::kLong).index({probabilities.argmax(0)}).flatten();
  const at::Tensor counts =
      at::bincount(regions, {}, static_cast<std::int64_t>(options.regions)).to(at::kCPU);
  const std::int64_t *first = counts.data_ptr<std::int64_t>();
  const std::vector<std::uint8_t> struck = struck_words({first, first + counts.numel()}, options);
  const at::Tensor kept = at::ones({static_cast<std::int64_t>(struck.size()), 1, 1});
  for (std::size_t word = 0; word < struck.size(); ++word)
    if (struck[word] != 0) kept.data_ptr<float>()[word] = 0.0F;
  return probabilities * kept.to(probabilities.device());
}

}  // namespace

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  const at::Tensor sampled = stretched(scores, height, width);
  const auto [probability, query] =
      without_small_classes((sampled[0] * options.logit_scale).softmax(0), options).max(0);
  at::Tensor least = at::full({}, options.threshold, probability.options());
  if (options.threshold_of_query.defined()) {
    const at::Tensor own = options.threshold_of_query.index({query});
    least = at::where(own < 0, least, own);
  }
  const at::Tensor labels = options.region_of_query.index({query})
                                .masked_fill(probability < least, 0)
                                .to(at::kCPU, at::kLong)
                                .contiguous();
  const at::Tensor confidence = probability.to(at::kCPU, at::kFloat).contiguous();
  Segmentation result = empty_segmentation(height, width, options.regions);
  Tally tally(options.regions);
  for (std::int64_t pixel = 0; pixel < labels.numel(); ++pixel) {
    const auto region = static_cast<std::size_t>(labels.data_ptr<std::int64_t>()[pixel]);
    put_label(result, static_cast<std::size_t>(pixel), region);
    tally.add(region, confidence.data_ptr<float>()[pixel]);
  }
  put_statistics(result, tally);
  if (options.confidences)
    result.confidences.assign(confidence.data_ptr<float>(),
                              confidence.data_ptr<float>() + confidence.numel());
  return result;
}

at::Tensor class_probabilities(const at::Tensor &scores, const at::Tensor &class_of_query,
                               std::int64_t classes, double logit_scale) {
  const at::Tensor words = (scores * logit_scale).softmax(0);
  std::vector<at::Tensor> maxima;
  for (std::int64_t index = 0; index < classes; ++index)
    maxima.push_back(words.index({class_of_query == index}).amax(0));
  return at::stack(maxima);
}

}  // namespace plain
}  // namespace naclip
