// Words' scores of pictures, and what lies between them.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

/// Scores of any layout; strides in elements. Score: float or Half.
template <class Score>
struct ScoreMap {
  const Score *scores;
  Offset picture_stride, query_stride, row_stride, column_stride;
  int queries, height, width;
};

/// A place between four scores of each word, where a pixel of a map of another size lies.
template <class Score>
struct ScorePlace {
  const Score *above_left, *above_right, *below_left, *below_right;
  float across, down;

  NACLIP_BODY bool between() const { return across != 0.0F || down != 0.0F; }

  /// query_offset: query x query_stride
  NACLIP_BODY float score(Offset query_offset) const {
    const float first = to_float(above_left[query_offset]);
    if (!between()) return first;
    const float above = first + (to_float(above_right[query_offset]) - first) * across;
    const float left = to_float(below_left[query_offset]);
    const float below = left + (to_float(below_right[query_offset]) - left) * across;
    return above + (below - above) * down;
  }
};

/// Where pixel (y, x) of a map of height x width lies in a picture's scores.
template <class Score>
NACLIP_BODY ScorePlace<Score> place_in(const ScoreMap<Score> &map, int picture, int y, int x,
                                       int height, int width) {
  const Tap down = tap_of(y, map.height, height), across = tap_of(x, map.width, width);
  const Score *scores = map.scores + picture * map.picture_stride;
  const Score *above = scores + down.first * map.row_stride,
              *below = scores + down.second * map.row_stride;
  ScorePlace<Score> place;
  place.above_left = above + across.first * map.column_stride;
  place.above_right = above + across.second * map.column_stride;
  place.below_left = below + across.first * map.column_stride;
  place.below_right = below + across.second * map.column_stride;
  place.across = across.weight;
  place.down = down.weight;
  return place;
}

/// Eight channels of pixel (y, x), less `zero`, of a picture's scores stretched to height x width. Channels beyond the
/// words are 0.
NACLIP_BODY Pack<Half> stretched_pack(const ScoreMap<float> &map, float zero, int picture, int y,
                                      int x, int pack, int height, int width) {
  const ScorePlace<float> place = place_in(map, picture, y, x, height, width);
  Pack<Half> result;
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Half>::kCount; ++i) {
    const int query = pack * Pack<Half>::kCount + i;
    const float score = query < map.queries ? place.score(query * map.query_stride) - zero : 0.0F;
    store(score, result.of[i]);
  }
  return result;
}

}  // namespace naclip::kernel
