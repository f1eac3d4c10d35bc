// A segmentation as its labels are decided: ids of one or two bytes, and what each region's pixels
// sum up to.
#pragma once

#include <vector>

#include "model/segmentation.h"

namespace naclip {

/// Pixels and summed confidence of each region, gathered by one worker.
struct Tally {
  std::vector<std::int64_t> pixels;
  std::vector<double> confidence;

  explicit Tally(std::size_t regions) : pixels(regions), confidence(regions) {}
  void add(std::size_t region, double probability) {
    ++pixels[region];
    confidence[region] += probability;
  }
  void add(const Tally &other);
};

/// All labels 0; two bytes a label where there are more than 256 regions.
Segmentation empty_segmentation(int height, int width, std::size_t regions);

inline void put_label(Segmentation &segmentation, std::size_t pixel, std::size_t region) {
  if (segmentation.bytes_per_label == 1) {
    segmentation.labels[pixel] = static_cast<std::uint8_t>(region);
  } else {
    segmentation.labels[2 * pixel] = static_cast<std::uint8_t>(region & 0xff);
    segmentation.labels[2 * pixel + 1] = static_cast<std::uint8_t>(region >> 8);
  }
}

/// Each region's share of the pixels and its mean confidence.
void put_statistics(Segmentation &segmentation, const Tally &tally);

}  // namespace naclip
