// One pixel of the mask out of the words' scores: sample, arg max, softmax, threshold; see model/plain/decode.h.
#pragma once

#include "model/cuda/scores.cuh"

namespace naclip::kernel {

struct Decoding {
  const int *region_of_query;
  float logit_scale, threshold;
  int height, width;                          // of the mask
  const float *threshold_of_query = nullptr;  // each word's own; below 0 or null: the general one
};

struct Decision {
  int region;
  float probability;
};

/// The label of one pixel of the mask and its word's probability, in one pass over the words: the softmax's sum
/// is scaled anew whenever a greater score appears.
template <class Score>
NACLIP_BODY Decision decode_pixel(const ScoreMap<Score> &map, const Decoding &decoding, int picture,
                                  int y, int x) {
  const ScorePlace<Score> place = place_in(map, picture, y, x, decoding.height, decoding.width);
  int best = 0;
  float best_score = 0.0F, total = 0.0F;
  for (int query = 0; query < map.queries; ++query) {
    const float score = place.score(query * map.query_stride);
    if (query == 0 || score > best_score) {
      total = query == 0 ? 1.0F
                         : total * exponential(decoding.logit_scale * (best_score - score)) + 1.0F;
      best = query;
      best_score = score;
    } else {
      total += exponential(decoding.logit_scale * (score - best_score));
    }
  }
  Decision decision;
  decision.probability = 1.0F / total;
  float least = decoding.threshold;
  if (decoding.threshold_of_query != nullptr && decoding.threshold_of_query[best] >= 0.0F)
    least = decoding.threshold_of_query[best];
  decision.region = decision.probability < least ? 0 : decoding.region_of_query[best];
  return decision;
}

/// Probabilities are summed as whole numbers of 2^-32: a sum of those depends on no order, and the pixels of
/// any mask fit into 64 bits.
NACLIP_BODY Wide probability_units(float probability) {
  return static_cast<Wide>(static_cast<double>(probability) * 4294967296.0 + 0.5);
}

}  // namespace naclip::kernel
