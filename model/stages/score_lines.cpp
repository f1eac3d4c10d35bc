#include "model/stages/score_lines.h"

#include <ATen/Parallel.h>
#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "model/kernels/bilinear.h"
#include "model/kernels/lanes.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 8;
constexpr std::size_t kHugePage = 2 * 1024 * 1024;

}  // namespace

at::Tensor empty_floats(std::int64_t count) {
  const auto bytes = static_cast<std::size_t>(count) * sizeof(float);
  // With pages of 4 KB most of a kernel's time would go into finding them.
  if (bytes < kHugePage) return at::empty({count}, at::kFloat);
  void *memory = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
  if (memory == nullptr) throw std::bad_alloc();
  madvise(memory, bytes, MADV_HUGEPAGE);  // advice: where it is not taken, nothing is lost
  return at::from_blob(memory, {count}, std::free, at::kFloat);
}

ScoreLines::ScoreLines(std::int64_t channels, std::int64_t height, std::int64_t width,
                       std::int64_t border, std::int64_t rows) {
  map_.height = height;
  map_.rows = rows > 0 ? rows : height;
  map_.width = width;
  map_.channels = channels;
  map_.border = border;
  map_.pitch = kernels::line_pitch(width, border);
  memory_ = empty_floats(floats(channels, map_.rows, width, border));
  map_.data = memory_.data_ptr<float>() + kernels::padded(border);
}

void ScoreLines::reshape(std::int64_t channels, std::int64_t height, std::int64_t width,
                         std::int64_t border, std::int64_t rows) {
  if (channels != map_.channels || height != map_.height || width != map_.width ||
      border != map_.border || (rows > 0 ? rows : height) != map_.rows)
    *this = ScoreLines(channels, height, width, border, rows);
}

at::Tensor ScoreLines::tensor() const {
  return memory_.as_strided({1, map_.channels, map_.rows, map_.width},
                            {memory_.numel(), map_.pitch, map_.channels * map_.pitch, 1},
                            map_.data - memory_.data_ptr<float>());
}

at::Tensor with_lines(const at::Tensor &map) {
  return map.stride(3) == 1 ? map : map.contiguous();
}

kernels::Lines row_of(const at::Tensor &map, std::int64_t y) {
  return {map.data_ptr<float>() + y * map.stride(2), map.stride(1)};
}

void stretch(const at::Tensor &map, const ScoreLines &result) {
  const kernels::LineMap &target = result.map();
  const at::Tensor source = with_lines(map);
  const std::vector<Tap> rows = bilinear_taps(source.size(2), target.height);
  const kernels::LineTaps columns = kernels::line_taps(source.size(3), target.width);
  const auto writing = target.floats() > kernels::kMostCached ? kernels::Writing::kPastCaches
                                                              : kernels::Writing::kOver;
  at::parallel_for(0, target.height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(kernels::stretch_scratch(columns.from)));
    for (std::int64_t y = begin; y < end; ++y) {
      const Tap &down = rows[static_cast<std::size_t>(y)];
      kernels::stretch_row(row_of(source, down.first), row_of(source, down.second), down.weight,
                           target.channels, columns, scratch.data(), target.line(y, 0),
                           target.pitch, writing);
      for (std::int64_t channel = 0; channel < target.channels; ++channel)
        kernels::fill_borders(target, y, channel);
    }
  });
}

}  // namespace naclip
