#include "model/plain/decode.h"

#include "model/plain/stretch.h"
#include "model/plain/tally.h"

namespace naclip::plain {

Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options) {
  const at::Tensor sampled = stretched(scores, height, width);
  const auto [probability, query] = (sampled[0] * options.logit_scale).softmax(0).max(0);
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

}  // namespace naclip::plain
