#include "model/plain/windows.h"

#include <algorithm>

namespace naclip {

namespace {

/// Where windows begin along one side.
std::vector<std::int64_t> starts(std::int64_t length, std::int64_t size, std::int64_t stride) {
  const std::int64_t count = std::max<std::int64_t>(length - size + stride - 1, 0) / stride + 1;
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < count; ++i)
    result.push_back(std::max<std::int64_t>(std::min(i * stride + size, length) - size, 0));
  return result;
}

at::Tensor part_of(const at::Tensor &map, const Window &window) {
  return map.slice(2, window.top, window.top + window.height)
      .slice(3, window.left, window.left + window.width);
}

}  // namespace

std::vector<Window> windows_of(std::int64_t height, std::int64_t width, std::int64_t size,
                               std::int64_t stride) {
  if (size <= 0) return {{0, 0, height, width}};
  std::vector<Window> result;
  for (const std::int64_t top : starts(height, size, stride))
    for (const std::int64_t left : starts(width, size, stride))
      result.push_back({top, left, std::min(size, height), std::min(size, width)});
  return result;
}

at::Tensor crop_windows(const at::Tensor &pictures, const std::vector<Window> &windows) {
  std::vector<at::Tensor> crops;
  for (const Window &window : windows) crops.push_back(part_of(pictures, window));
  // [B, windows, 3, h, w]: a picture's windows lie together.
  return at::stack(crops, 1).flatten(0, 1);
}

at::Tensor plain::stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                                 std::int64_t height, std::int64_t width) {
  at::Tensor sum = at::zeros({1, scores.size(1), height, width}, scores.options());
  at::Tensor count = at::zeros({1, 1, height, width}, scores.options());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    part_of(sum, windows[i])
        .add_(at::upsample_bilinear2d(scores.slice(0, index, index + 1),
                                      {windows[i].height, windows[i].width}, false));
    part_of(count, windows[i]).add_(1.0);
  }
  return sum.div_(count);
}

}  // namespace naclip
