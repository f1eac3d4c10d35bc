// How often each label occurs in a label map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/segmentation.h"

namespace naclip {

/// labels: [height, width] of 1 byte, or of 2 (little endian); rows begin `stride` bytes apart ->
/// the count of every value that a label can have, 256 or 65536 of them.
std::vector<std::size_t> count_labels(const std::uint8_t *labels, std::ptrdiff_t stride, int width,
                                      int height, int bytes_per_label);

/// The part of the mask's pixels that each label 0..regions - 1 has, 0..1; others count nowhere.
std::vector<double> label_shares(const MaskView &mask, std::size_t regions);

}  // namespace naclip
