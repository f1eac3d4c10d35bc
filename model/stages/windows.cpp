#include "model/stages/windows.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "model/kernels/bilinear.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 8;

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

/// As stitch_plain(), row by row: no window is ever stretched as a whole.
at::Tensor stitch_lines(const at::Tensor &scores, const std::vector<Window> &windows,
                        std::int64_t height, std::int64_t width) {
  const at::Tensor grids = with_lines(scores);
  const std::vector<Tap> rows = bilinear_taps(grids.size(2), windows[0].height);
  const kernels::LineTaps columns = kernels::line_taps(grids.size(3), windows[0].width);
  const ScoreLines result(grids.size(1), height, width, 0);
  const kernels::LineMap &map = result.map();
  at::parallel_for(0, height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(kernels::stretch_scratch(columns.from)));
    std::vector<float> count(static_cast<std::size_t>(width));
    for (std::int64_t y = begin; y < end; ++y) {
      std::fill_n(map.line(y, 0), map.channels * map.pitch, 0.0F);
      std::fill(count.begin(), count.end(), 0.0F);
      for (std::size_t i = 0; i < windows.size(); ++i) {
        const Window &window = windows[i];
        if (y < window.top || y >= window.top + window.height) continue;
        const Tap &down = rows[static_cast<std::size_t>(y - window.top)];
        const at::Tensor grid = grids.slice(0, static_cast<std::int64_t>(i));
        kernels::stretch_row(row_of(grid, down.first), row_of(grid, down.second), down.weight,
                             map.channels, columns, scratch.data(), map.line(y, 0) + window.left,
                             map.pitch, true);
        for (std::int64_t x = 0; x < window.width; ++x)
          ++count[static_cast<std::size_t>(window.left + x)];
      }
      kernels::divide_lines(map.line(y, 0), map.pitch, map.channels, width, count.data());
    }
  });
  return result.tensor();
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

at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width) {
  return scores.device().is_cpu() ? stitch_lines(scores, windows, height, width)
                                  : stitch_plain(scores, windows, height, width);
}

at::Tensor stitch_plain(const at::Tensor &scores, const std::vector<Window> &windows,
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

at::Tensor patch_scores(const at::Tensor &features, const at::Tensor &queries, std::int64_t rows,
                        std::int64_t columns) {
  const at::Tensor patches = features.slice(1, 1);
  const at::Tensor scores = at::matmul(patches / patches.norm(2, -1, true), queries.t());
  return scores.view({features.size(0), rows, columns, queries.size(0)}).permute({0, 3, 1, 2});
}

}  // namespace naclip
