// One pixel of the mask out of the words' scores: sample, arg max, softmax, threshold; see model/plain/decode.h.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// Scores of any layout; strides in elements.
struct ScoreMap {
  const float *scores;
  Offset query_stride, row_stride, column_stride;
  int queries, height, width;
};

struct Decoding {
  const int *region_of_query;
  float logit_scale, threshold;
  int height, width;  // of the mask
};

struct Decision {
  int region;
  float probability;
};

/// The label of one pixel of the mask and its word's probability, in one pass over the words: the softmax's sum
/// is scaled anew whenever a greater score appears.
NACLIP_BODY Decision decode_pixel(const ScoreMap &map, const Decoding &decoding, int y, int x) {
  const Tap down = tap_of(y, map.height, decoding.height),
            across = tap_of(x, map.width, decoding.width);
  const bool between = down.weight != 0.0F || across.weight != 0.0F;
  const float *a = map.scores + down.first * map.row_stride + across.first * map.column_stride;
  const float *b = map.scores + down.first * map.row_stride + across.second * map.column_stride;
  const float *c = map.scores + down.second * map.row_stride + across.first * map.column_stride;
  const float *d = map.scores + down.second * map.row_stride + across.second * map.column_stride;
  int best = 0;
  float best_score = 0.0F, total = 0.0F;
  for (int query = 0; query < map.queries; ++query) {
    const Offset place = query * map.query_stride;
    float score = a[place];
    if (between) {
      const float top = score + (b[place] - score) * across.weight;
      const float bottom = c[place] + (d[place] - c[place]) * across.weight;
      score = top + (bottom - top) * down.weight;
    }
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
  decision.region = decision.probability < decoding.threshold ? 0 : decoding.region_of_query[best];
  return decision;
}

/// Probabilities are summed as whole numbers of 2^-32: a sum of those depends on no order, and the pixels of
/// any mask fit into 64 bits.
NACLIP_BODY Wide probability_units(float probability) {
  return static_cast<Wide>(static_cast<double>(probability) * 4294967296.0 + 0.5);
}

}  // namespace naclip::kernel
