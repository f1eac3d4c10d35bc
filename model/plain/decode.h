// Scores -> labels: scale, softmax, synonyms' maximum, threshold, arg max. arXiv 2404.08181,
// section 4.1.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "model/segmentation.h"

namespace naclip {

/// What turns words' scores into region ids.
struct DecodeOptions {
  /// Region id of each word, words in the vocabulary's order: [Q] int32 where the scores are.
  at::Tensor region_of_query;
  std::size_t regions = 0;  ///< number of region ids, 0 included
  double logit_scale = 40.0;
  double threshold = 0.0;  ///< least probability; below it the label is 0
  /// That of each word alone, in place of `threshold`; below 0: it has none. [Q] float32 where the
  /// scores are, or undefined where no word has one.
  at::Tensor threshold_of_query;
  /// Least share that a class has to have of all pixels that are not background, before thresholds;
  /// 0: none is asked. For vocabularies in which some word is background.
  double area_threshold = 0.0;
  bool confidences = false;  ///< keep each pixel's probability
};

/// Which words the area threshold strikes, 1 for each; none where it is 0 or no word is background.
/// pixels: those that each region has without it. The area rule of SC-CLIP, arXiv 2411.15869.
std::vector<std::uint8_t> struck_words(const std::vector<std::int64_t> &pixels,
                                       const DecodeOptions &options);

namespace plain {

/// The label of a pixel is that of the word with the greatest score (the first of equals), its
/// confidence that word's probability, which is the same as the arg max over the synonyms' maxima.
/// Where the area threshold strikes classes, the greatest of the others' is taken.
/// scores: [1, Q, h, w] float32, stretched bilinearly to height x width.
Segmentation decode(const at::Tensor &scores, int height, int width, const DecodeOptions &options);

/// Each class's probability: softmax over the words of logit_scale x scores, then the maximum over
/// each class's words. scores: [Q, H, W]; class_of_query: [Q] int64 ascending ids 0..classes - 1
/// -> [classes, H, W] float32.
at::Tensor class_probabilities(const at::Tensor &scores, const at::Tensor &class_of_query,
                               std::int64_t classes, double logit_scale);

}  // namespace plain
}  // namespace naclip
