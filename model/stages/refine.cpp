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

/// Floats of one row of weights.
std::int64_t weights_per_row(const std::vector<int> &dilations, std::int64_t width) {
  return kNeighbours * static_cast<std::int64_t>(dilations.size()) * kernels::padded(width);
}

std::int64_t border_of(const std::vector<int> &dilations, std::int64_t width) {
  const auto offsets = kernels::column_offsets(dilations, width);
  return *std::max_element(offsets.begin(), offsets.end());
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
  const std::int64_t floats = ScoreLines::floats(3, height, width, border) +
                              2 * ScoreLines::floats(queries, height, width, border) +
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
  for (int step = 0; step < steps; ++step) {
    ComputeThread::shared().interruption_point();
    at::parallel_for(0, height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
      kernels::refine_rows(current_.map(), weights_.data_ptr<float>(), dilations, begin, end,
                           next_.map());
    });
    std::swap(current_, next_);
  }
  return current_.tensor();
}

}  // namespace naclip
