// The outcome for a frame: labels, and what is known of each region.
#pragma once

#include <cstdint>
#include <vector>

namespace naclip {

/// What is known of one region of one frame.
struct RegionStatistics {
  double share = 0.0;  ///< part of the mask's pixels, 0..1
  double confidence =
      0.0;  ///< mean probability of the label over those pixels, 0..1; 0 where there are none
};

/// The outcome for one frame: a label map over the whole picture.
struct Segmentation {
  int width = 0;
  int height = 0;
  int bytes_per_label = 1;                ///< 1, or 2 (little endian) where Vocabulary::wide()
  std::vector<std::uint8_t> labels;       ///< [height, width] region ids, rows not padded
  std::vector<RegionStatistics> regions;  ///< by region id, as Vocabulary::regions()
  /// [height, width] the probability of each pixel's best word, 0..1, whatever the threshold made
  /// of it; empty unless InferenceOptions::confidences asked for it.
  std::vector<float> confidences;
};

/// A borrowed label map that covers its whole frame.
struct MaskView {
  int width = 0;                         ///< >= 1
  int height = 0;                        ///< >= 1
  int bytes_per_label = 1;               ///< 1, or 2 (little endian)
  const std::uint8_t *labels = nullptr;  ///< [height, width], rows not padded
};

}  // namespace naclip
