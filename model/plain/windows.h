// A picture as overlapping windows, and the windows' scores as one map.
// The reference's sliding inference, arXiv 2404.08181, section 4.1.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace naclip {

/// The part of a picture that one window covers, pixels.
struct Window {
  std::int64_t top, left, height, width;
};

/// The windows of a picture in reading order: `size` wide and high, `stride` apart, the last ones
/// moved back inside; a picture smaller than a window has windows of its own size. size 0: one
/// window, the whole.
std::vector<Window> windows_of(std::int64_t height, std::int64_t width, std::int64_t size,
                               std::int64_t stride);

/// All windows of all pictures in one batch, picture by picture. pictures: [B, 3, H, W]; all
/// windows have one size -> [B * windows, 3, h, w]
at::Tensor crop_windows(const at::Tensor &pictures, const std::vector<Window> &windows);

namespace plain {

/// The windows' scores, each stretched bilinearly over its window, averaged where windows overlap.
/// scores: [windows, Q, rows, columns] float32 -> [1, Q, height, width] float32.
at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width);

}  // namespace plain
}  // namespace naclip
