// A frame's mask as OpenCV sees it. Header only: support itself does without OpenCV.
#pragma once

#include <opencv2/core.hpp>

#include "elements/support/frame_mask.h"

namespace naclip {

/// The mask's labels, [height, width] of one or two bytes, to be read only; no longer valid than
/// `mask`.
inline cv::Mat labels_of(const FrameMask &mask) {
  return {mask.height(), mask.width(), mask.bytes_per_label() == 2 ? CV_16UC1 : CV_8UC1,
          const_cast<std::uint8_t *>(mask.labels()), static_cast<std::size_t>(mask.stride())};
}

/// The part of the frame that the mask covers, in the frame's pixels.
inline cv::Rect rectangle_of(const FrameMask &mask) {
  const auto [x, y, width, height] = mask.rectangle();
  return {x, y, width, height};
}

}  // namespace naclip
