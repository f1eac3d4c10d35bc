#include "model/base/count_labels.h"

#include <algorithm>

namespace naclip {

std::vector<std::size_t> count_labels(const std::uint8_t *labels, std::ptrdiff_t stride, int width,
                                      int height, int bytes_per_label) {
  std::vector<std::size_t> counts(bytes_per_label == 2 ? 65536 : 256);
  for (int y = 0; y < height; ++y) {
    const std::uint8_t *row = labels + y * stride;
    if (bytes_per_label == 2) {
      for (int x = 0; x < width; ++x)
        ++counts[static_cast<std::size_t>(row[2 * x] | row[2 * x + 1] << 8)];
    } else {
      for (int x = 0; x < width; ++x) ++counts[row[x]];
    }
  }
  return counts;
}

std::vector<double> label_shares(const MaskView &mask, std::size_t regions) {
  const std::vector<std::size_t> counts =
      count_labels(mask.labels, static_cast<std::ptrdiff_t>(mask.width) * mask.bytes_per_label,
                   mask.width, mask.height, mask.bytes_per_label);
  const double pixels = static_cast<double>(mask.width) * mask.height;
  std::vector<double> shares(regions);
  for (std::size_t label = 0; label < std::min(regions, counts.size()); ++label)
    shares[label] = static_cast<double>(counts[label]) / pixels;
  return shares;
}

}  // namespace naclip
