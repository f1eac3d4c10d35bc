#include "model/stages/windows.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "model/cuda/operations.h"
#include "model/kernels/bilinear.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 8;

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
                             map.pitch, kernels::Writing::kAdded);
        for (std::int64_t x = 0; x < window.width; ++x)
          ++count[static_cast<std::size_t>(window.left + x)];
      }
      kernels::divide_lines(map.line(y, 0), map.pitch, map.channels, width, count.data());
    }
  });
  return result.tensor();
}

}  // namespace

at::Tensor stitch_windows(const at::Tensor &scores, const std::vector<Window> &windows,
                          std::int64_t height, std::int64_t width) {
  if (!scores.device().is_cpu()) return cuda::stitch_windows(scores, windows, height, width);
  std::vector<at::Tensor> pictures;
  for (const at::Tensor &one : scores.split(static_cast<std::int64_t>(windows.size())))
    pictures.push_back(stitch_lines(one, windows, height, width));
  return pictures.size() == 1 ? pictures.front() : at::cat(pictures);
}

}  // namespace naclip
