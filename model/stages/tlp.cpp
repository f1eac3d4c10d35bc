#include "model/stages/tlp.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

#include "model/kernels/lanes.h"
#include "model/machine/compute_thread.h"
#include "model/plain/stretch.h"

namespace naclip {

namespace {

constexpr int kSteps = 25;
constexpr double kLeastProduct = 1e-12;
constexpr std::int64_t kBorder = 1;
// Floats of one pass that are worth a thread.
constexpr std::int64_t kFloatsPerTask = 1 << 15;

std::int64_t rows_per_task(const kernels::LineMap &map) {
  return std::max<std::int64_t>(kFloatsPerTask / (map.channels * map.width), 1);
}

/// Every row of a map.
template <class Work>
void for_rows(const kernels::LineMap &map, const Work &work) {
  at::parallel_for(0, map.height, rows_per_task(map), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) work(y);
  });
}

kernels::Planes planes_of(const at::Tensor &map) {
  return {map.data_ptr<float>(), map.stride(2), map.stride(1)};
}

}  // namespace

std::int64_t Propagator::samples(std::int64_t size, std::int64_t grid) {
  return size / plain::tlp_block(size, grid);
}

std::int64_t Propagator::bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                               std::int64_t grid) {
  const std::int64_t channels = 3 + kernels::kTlpChannels + 4 * queries;
  return ScoreLines::floats(channels, samples(height, grid), samples(width, grid), kBorder) *
         static_cast<std::int64_t>(sizeof(float));
}

void Propagator::reshape(std::int64_t queries, std::int64_t height, std::int64_t width) {
  const kernels::LineMap &map = scores_.map();
  if (map.channels == queries && map.height == height && map.width == width) return;
  const auto zeros = [&](std::int64_t channels) {
    ScoreLines lines(channels, height, width, kBorder);
    lines.clear();
    return lines;
  };
  picture_ = zeros(3);
  binding_ = zeros(kernels::kTlpChannels);
  for (ScoreLines *lines : {&scores_, &residual_, &direction_, &next_}) *lines = zeros(queries);
}

void Propagator::average(const at::Tensor &map, std::int64_t height, std::int64_t width,
                         std::int64_t grid, const ScoreLines &target) const {
  const at::Tensor source = with_lines(map);
  const kernels::Planes planes = planes_of(source);
  const kernels::BlockTaps rows =
      kernels::block_taps(source.size(2), height, plain::tlp_block(height, grid));
  const kernels::BlockTaps columns =
      kernels::block_taps(source.size(3), width, plain::tlp_block(width, grid));
  at::parallel_for(0, target.map().height, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(kernels::block_scratch(columns)));
    for (std::int64_t y = begin; y < end; ++y)
      kernels::block_means(planes, rows, columns, y, scratch.data(), target.map());
  });
}

void Propagator::bind(const kernels::TlpMaps &maps) const {
  const kernels::LineMap &binding = maps.binding;
  std::vector<kernels::Contrast> contrasts(static_cast<std::size_t>(binding.height));
  for_rows(maps.scores, [&](std::int64_t y) {
    kernels::trust_row(maps, y);
    kernels::grey_row(picture_.map(), y, binding);
  });
  kernels::Contrast mean;
  for (std::int64_t y = 0; y < binding.height; ++y) {
    const kernels::Contrast row = kernels::contrast_row(binding, y);
    mean.across += row.across;
    mean.down += row.down;
  }
  // One column has no neighbours across, and is bound to none.
  mean.across /=
      static_cast<double>(std::max<std::int64_t>(binding.height * (binding.width - 1), 1));
  mean.down /= static_cast<double>(std::max<std::int64_t>((binding.height - 1) * binding.width, 1));
  for_rows(maps.scores, [&](std::int64_t y) { kernels::bind_row(maps, mean, y); });
}

double Propagator::sum(const std::function<double(std::int64_t y)> &row) const {
  const kernels::LineMap &map = scores_.map();
  std::vector<double> sums(static_cast<std::size_t>(map.height));
  for_rows(map, [&](std::int64_t y) { sums[static_cast<std::size_t>(y)] = row(y); });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void Propagator::solve(const kernels::TlpMaps &maps) {
  double squares = sum([&](std::int64_t y) { return kernels::begin_row(maps, y); });
  double keep = 0.0;
  for (int step = 0; step < kSteps; ++step) {
    ComputeThread::shared().interruption_point();
    const double product = sum([&](std::int64_t y) {
      return kernels::direct_row(maps, direction_.map(), static_cast<float>(keep), next_.map(), y);
    });
    std::swap(direction_, next_);
    const double length = squares / (product + kLeastProduct);
    const double rest = sum([&](std::int64_t y) {
      return kernels::step_row(maps, direction_.map(), static_cast<float>(length), y);
    });
    keep = rest / (squares + kLeastProduct);
    squares = rest;
  }
}

at::Tensor Propagator::propagate(const at::Tensor &picture, const at::Tensor &scores,
                                 const at::Tensor &words, std::int64_t height, std::int64_t width,
                                 std::int64_t grid) {
  if (!scores.device().is_cpu())
    return plain::tlp(plain::stretched(picture, height, width), scores, words, grid);
  if (scores.size(0) > 1) {
    std::vector<at::Tensor> results;
    for (std::int64_t i = 0; i < scores.size(0); ++i)
      results.push_back(propagate(picture.slice(0, i, i + 1), scores.slice(0, i, i + 1), words,
                                  height, width, grid)
                            .clone());
    return at::cat(results);
  }
  if (!words.is_same(words_)) {
    word_weights_ = plain::tlp_word_weights(words).contiguous();
    words_ = words;
  }
  reshape(scores.size(1), samples(height, grid), samples(width, grid));
  average(picture, height, width, grid, picture_);
  average(scores, height, width, grid, scores_);
  // What the first direction keeps of the last one is nothing: till then its memory is free.
  const kernels::TlpMaps maps{scores_.map(), residual_.map(), direction_.map(), binding_.map(),
                              word_weights_.data_ptr<float>()};
  bind(maps);
  solve(maps);
  return scores_.tensor();
}

}  // namespace naclip
