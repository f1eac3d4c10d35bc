// Ground truth as it lies in files, and what its values mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/segmentation.h"

namespace naclip::eval {

/// The values of a mask, as they are in the file.
struct LabelMap {
  int width = 0;
  int height = 0;
  std::vector<std::uint16_t> values;  ///< [height, width]
};

/// Reads a PNG whose samples are labels: the indices of a palette (of any bit depth; the colours do
/// not matter), or grey of up to 16 bits. Throws Error{kNotFound | kRead} where the file cannot be
/// opened, Error{kFormat} where it is no such PNG; a picture in colours is none.
LabelMap read_label_map(const std::string &path);

/// How a data set numbers its classes.
struct Labelling {
  /// Region ids of the vocabulary, 0 included.
  std::size_t regions = 0;
  /// Whether region 0 is a class: where the vocabulary names a background.
  bool background = false;
  /// What is added to a mask's value to get a region id: 1 where label 0 is the first class
  /// although the vocabulary has no background.
  int shift = 0;
  /// Values of the mask that are not evaluated.
  std::vector<int> ignored;
};

/// Values of masks -> region ids.
class LabelMeaning {
 public:
  static constexpr int kIgnored = -1;
  static constexpr int kOutOfRange = -2;

  explicit LabelMeaning(const Labelling &labelling);

  /// A region id, kIgnored or kOutOfRange. Region 0 of a vocabulary without a background means that
  /// none of its classes is there.
  int operator()(std::uint16_t value) const { return meaning_[value]; }

 private:
  std::vector<int> meaning_;  // by value
};

/// The region of a pixel that was found.
inline std::size_t region_at(const Segmentation &segmentation, std::size_t pixel) {
  if (segmentation.bytes_per_label == 1) return segmentation.labels[pixel];
  return segmentation.labels[2 * pixel] |
         static_cast<std::size_t>(segmentation.labels[2 * pixel + 1]) << 8;
}

}  // namespace naclip::eval
