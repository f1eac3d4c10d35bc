#include "model/plain/tally.h"

namespace naclip {

void Tally::add(const Tally &other) {
  for (std::size_t region = 0; region < pixels.size(); ++region) {
    pixels[region] += other.pixels[region];
    confidence[region] += other.confidence[region];
  }
}

Segmentation empty_segmentation(int height, int width, std::size_t regions) {
  Segmentation result;
  result.width = width;
  result.height = height;
  result.bytes_per_label = regions > 256 ? 2 : 1;
  result.labels.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                       static_cast<std::size_t>(result.bytes_per_label));
  result.regions.resize(regions);
  return result;
}

void put_statistics(Segmentation &segmentation, const Tally &tally) {
  const double pixels = static_cast<double>(segmentation.width) * segmentation.height;
  for (std::size_t region = 0; region < segmentation.regions.size(); ++region) {
    const auto count = static_cast<double>(tally.pixels[region]);
    segmentation.regions[region].share = count / pixels;
    segmentation.regions[region].confidence = count > 0 ? tally.confidence[region] / count : 0.0;
  }
}

}  // namespace naclip
