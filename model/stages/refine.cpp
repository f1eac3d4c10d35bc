#include "model/stages/refine.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "model/cuda/operations.h"
#include "model/kernels/lanes.h"
#include "model/machine/compute_thread.h"
#include "model/plain/stretch.h"
#include "model/stages/score_lines.h"

namespace naclip {

namespace {

constexpr std::int64_t kNeighbours = 8;

// Fewer rows would have each thread read more of the others' rows than of its own.
constexpr std::int64_t kRowsPerTask = 16;
constexpr std::int64_t kOwnRows = 3;            // for each row between two steps
constexpr std::int64_t kMostBetween = 1 << 22;  // floats of these rows

/// Floats of one row of weights.
std::int64_t weights_per_row(const std::vector<int> &dilations, std::int64_t width) {
  return kNeighbours * static_cast<std::int64_t>(dilations.size()) * kernels::padded(width);
}

std::int64_t border_of(const std::vector<int> &dilations, std::int64_t width) {
  const auto offsets = kernels::column_offsets(dilations, width);
  return *std::max_element(offsets.begin(), offsets.end());
}

/// How many rows a thread holds between two steps that it does at once; 0 where it does one, since
/// threads have few rows of their own beside those that they would share, or the rows would not
/// stay in a cache.
std::int64_t rows_between(std::int64_t queries, std::int64_t height, std::int64_t width,
                          const std::vector<int> &dilations) {
  const std::int64_t rows = kernels::rows_between(dilations);
  const std::int64_t floats = ScoreLines::floats(queries, rows, width, border_of(dilations, width));
  return height >= at::get_num_threads() * kOwnRows * rows && floats <= kMostBetween ? rows : 0;
}

/// The weights of every pixel's neighbours, [H, 8 * dilations, padded W], into `weights`.
void weigh_neighbours(const kernels::LineMap &picture, const std::vector<int> &dilations,
                      at::Tensor &weights) {
  const std::int64_t per_row = weights_per_row(dilations, picture.width);
  if (!weights.defined() || weights.numel() != picture.height * per_row)
    weights = empty_floats(picture.height * per_row);
  float *data = weights.data_ptr<float>();
  at::parallel_for(0, picture.height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y)
      kernels::neighbour_weights(picture, dilations, y, data + y * per_row);
  });
}

}  // namespace

std::int64_t Refiner::bytes(std::int64_t queries, std::int64_t height, std::int64_t width,
                            const std::vector<int> &dilations) {
  const std::int64_t border = border_of(dilations, width);
  const std::int64_t between =
      at::get_num_threads() * rows_between(queries, height, width, dilations);
  const std::int64_t floats = ScoreLines::floats(3, height, width, border) +
                              ScoreLines::floats(queries, 2 * height + between, width, border) +
                              height * weights_per_row(dilations, width);
  return floats * static_cast<std::int64_t>(sizeof(float));
}

at::Tensor refine(const at::Tensor &picture, const at::Tensor &scores, int steps,
                  const std::vector<int> &dilations) {
  return Refiner().refine(picture, scores, picture.size(2), picture.size(3), steps, dilations);
}

at::Tensor Refiner::refine(const at::Tensor &picture, const at::Tensor &scores, std::int64_t height,
                           std::int64_t width, int steps, const std::vector<int> &dilations) {
  if (steps <= 0 || dilations.empty()) return scores;
  if (!scores.device().is_cpu())
    return cuda::refine(plain::stretched(picture, height, width), scores, steps, dilations, type_);
  if (scores.size(0) > 1) {
    std::vector<at::Tensor> results;
    for (std::int64_t i = 0; i < scores.size(0); ++i)
      results.push_back(refine(picture.slice(0, i, i + 1), scores.slice(0, i, i + 1), height, width,
                               steps, dilations)
                            .clone());
    return at::cat(results);
  }
  const std::int64_t border = border_of(dilations, width);
  picture_.reshape(picture.size(1), height, width, border);
  current_.reshape(scores.size(1), height, width, border);
  next_.reshape(scores.size(1), height, width, border);
  stretch(picture, picture_);
  stretch(scores, current_);
  weigh_neighbours(picture_.map(), dilations, weights_);
  const std::int64_t rows = rows_between(scores.size(1), height, width, dilations);
  between_.resize(rows > 0 ? static_cast<std::size_t>(at::get_num_threads()) : 0);
  for (ScoreLines &between : between_) between.reshape(scores.size(1), height, width, border, rows);
  const float *weights = weights_.data_ptr<float>();
  for (int left = steps; left > 0;) {
    ComputeThread::shared().interruption_point();
    const bool twice = left > 1 && rows > 0;
    at::parallel_for(0, height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
      if (twice)
        kernels::refine_rows_twice(current_.map(), weights, dilations, begin, end,
                                   between_[static_cast<std::size_t>(at::get_thread_num())].map(),
                                   next_.map());
      else
        kernels::refine_rows(current_.map(), weights, dilations, begin, end, next_.map());
    });
    std::swap(current_, next_);
    left -= twice ? 2 : 1;
  }
  return current_.tensor();
}

}  // namespace naclip
