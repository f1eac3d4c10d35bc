// One pixel of pixel-adaptive mask refinement; see model/plain/refine.h. In float32 maps lie plane by plane,
// [channel][y][x], so that neighbouring threads read neighbouring floats. In half precision a pixel's channels lie side
// by side, [y][x][channel], eight to a pack, and so do the weights of its neighbours.
#pragma once

#include "model/cuda/portable.cuh"

namespace naclip::kernel {

enum { kMostDilations = 16, kNeighboursOfDilation = 8 };

struct Dilations {
  int count;
  int pixels[kMostDilations];
};

/// The eight neighbours that one dilation gives a pixel, as offsets from the map's first pixel; edges repeat.
/// In the order of model/plain/refine.cpp: the row above, the row itself, the row below.
NACLIP_BODY void neighbours_of(int y, int x, int dilation, int height, int width, int *places) {
  int next = 0;
  for (int down = -1; down <= 1; ++down) {
    const int row = clamped(y + down * dilation, height) * width;
    for (int across = -1; across <= 1; ++across)
      if (down != 0 || across != 0) places[next++] = row + clamped(x + across * dilation, width);
  }
}

/// 1 / (1e-8 + 0.1 deviation) of one channel, the deviation being that of a pixel, once a dilation, and its
/// neighbours, unbiased.
NACLIP_BODY float inverse_deviation(const float *plane, int y, int x, int height, int width,
                                    const Dilations &dilations) {
  const float centre = plane[static_cast<Offset>(y) * width + x];
  const auto count = static_cast<float>(dilations.count);
  const float samples = count * static_cast<float>(kNeighboursOfDilation + 1);
  int places[kNeighboursOfDilation];
  float sum = centre * count;
  for (int d = 0; d < dilations.count; ++d) {
    neighbours_of(y, x, dilations.pixels[d], height, width, places);
    for (const int place : places) sum += plane[place];
  }
  const float mean = sum / samples;
  float squares = (centre - mean) * (centre - mean) * count;
  for (int d = 0; d < dilations.count; ++d) {
    neighbours_of(y, x, dilations.pixels[d], height, width, places);
    for (const int place : places)
      squares = multiply_add(plane[place] - mean, plane[place] - mean, squares);
  }
  return 1.0F / (1e-8F + 0.1F * square_root(squares / (samples - 1.0F)));
}

/// The weights of one pixel's neighbours. picture: [3, height, width]; weights: [neighbours, height, width]; halves, where
/// it is not null, gets the outcome instead, [height, width, neighbours], and `weights` is of no use then.
NACLIP_BODY void refine_weights_pixel(const float *picture, int y, int x, int height, int width,
                                      const Dilations &dilations, float *weights, Half *halves) {
  const Offset map = static_cast<Offset>(height) * width;
  const Offset pixel = static_cast<Offset>(y) * width + x;
  float factor[3];
  for (int channel = 0; channel < 3; ++channel)
    factor[channel] = inverse_deviation(picture + channel * map, y, x, height, width, dilations);
  int places[kNeighboursOfDilation];
  float greatest_affinity = -3.4e38F;
  for (int d = 0; d < dilations.count; ++d) {
    neighbours_of(y, x, dilations.pixels[d], height, width, places);
    for (int p = 0; p < kNeighboursOfDilation; ++p) {
      float affinity = 0.0F;
      for (int channel = 0; channel < 3; ++channel)
        affinity -= absolute(picture[channel * map + places[p]] - picture[channel * map + pixel]) *
                    factor[channel];
      affinity /= 3.0F;
      weights[(d * kNeighboursOfDilation + p) * map + pixel] = affinity;
      greatest_affinity = greatest(greatest_affinity, affinity);
    }
  }
  const int count = dilations.count * kNeighboursOfDilation;
  float total = 0.0F;
  for (int p = 0; p < count; ++p) {
    const float weight = exponential(weights[p * map + pixel] - greatest_affinity);
    weights[p * map + pixel] = weight;
    total += weight;
  }
  for (int p = 0; p < count; ++p) {
    const float weight = weights[p * map + pixel] / total;
    if (halves != nullptr)
      store(weight, halves[pixel * count + p]);
    else
      weights[p * map + pixel] = weight;
  }
}

/// One step for one pixel and the channels begin..end, its weights and its neighbours' places held in
/// registers. Count is the number of dilations. scores, out: [channels, height, width]
template <int Count>
NACLIP_BODY void refine_step_pixel(const float *scores, const float *weights, int y, int x,
                                   int height, int width, const Dilations &dilations, int begin,
                                   int end, float *out) {
  const Offset map = static_cast<Offset>(height) * width;
  const Offset pixel = static_cast<Offset>(y) * width + x;
  float weight[Count * kNeighboursOfDilation];
  int places[Count * kNeighboursOfDilation];
  NACLIP_UNROLL
  for (int d = 0; d < Count; ++d)
    neighbours_of(y, x, dilations.pixels[d], height, width, places + d * kNeighboursOfDilation);
  NACLIP_UNROLL
  for (int p = 0; p < Count * kNeighboursOfDilation; ++p) weight[p] = weights[p * map + pixel];
  for (int channel = begin; channel < end; ++channel) {
    const float *plane = scores + channel * map;
    float sum = 0.0F;
    NACLIP_UNROLL
    for (int p = 0; p < Count * kNeighboursOfDilation; ++p)
      sum = multiply_add(weight[p], plane[places[p]], sum);
    out[channel * map + pixel] = sum;
  }
}

/// The same for any number of dilations, weights read anew for each channel.
NACLIP_BODY void refine_step_pixel_of_many(const float *scores, const float *weights, int y, int x,
                                           int height, int width, const Dilations &dilations,
                                           int begin, int end, float *out) {
  const Offset map = static_cast<Offset>(height) * width;
  const Offset pixel = static_cast<Offset>(y) * width + x;
  int places[kNeighboursOfDilation];
  for (int channel = begin; channel < end; ++channel) {
    const float *plane = scores + channel * map;
    float sum = 0.0F;
    for (int d = 0; d < dilations.count; ++d) {
      neighbours_of(y, x, dilations.pixels[d], height, width, places);
      for (int p = 0; p < kNeighboursOfDilation; ++p)
        sum = multiply_add(weights[(d * kNeighboursOfDilation + p) * map + pixel], plane[places[p]],
                           sum);
    }
    out[channel * map + pixel] = sum;
  }
}

/// One step for one pixel and eight channels, any number of dilations. The rounded weights are divided by their sum, or
/// step after step scores would grow or shrink. scores, out: [height, width, packs]; weights: [height, width, dilations]
NACLIP_BODY void refine_step_pack(const Pack<Half> *scores, const Pack<Half> *weights, int y, int x,
                                  int pack, int packs, int height, int width,
                                  const Dilations &dilations, Pack<Half> *out) {
  const Offset pixel = static_cast<Offset>(y) * width + x;
  float sums[Pack<Half>::kCount] = {}, total = 0.0F;
  int places[kNeighboursOfDilation];
  for (int d = 0; d < dilations.count; ++d) {
    neighbours_of(y, x, dilations.pixels[d], height, width, places);
    const Pack<Half> rounded_weights = weights[pixel * dilations.count + d];
    NACLIP_UNROLL
    for (int p = 0; p < kNeighboursOfDilation; ++p) {
      const float weight = to_float(rounded_weights.of[p]);
      total += weight;
      const Pack<Half> from = scores[static_cast<Offset>(places[p]) * packs + pack];
      NACLIP_UNROLL
      for (int i = 0; i < Pack<Half>::kCount; ++i)
        sums[i] = multiply_add(weight, to_float(from.of[i]), sums[i]);
    }
  }
  Pack<Half> result;
  NACLIP_UNROLL
  for (int i = 0; i < Pack<Half>::kCount; ++i) store(sums[i] / total, result.of[i]);
  out[pixel * packs + pack] = result;
}

}  // namespace naclip::kernel
