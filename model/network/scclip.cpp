#include "model/network/scclip.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/kernels/scclip.h"

namespace naclip {

namespace {

constexpr std::int64_t kRowsPerTask = 32;

/// A copy of one picture's patches, [N, C] float32 dense.
at::Tensor patches_of(const at::Tensor &stream, std::int64_t picture) {
  const at::Tensor patches = stream.select(0, picture).slice(0, 1);
  return at::empty(patches.sizes(), patches.options().dtype(at::kFloat)).copy_(patches);
}

/// Cosine similarities of all patches, [N, N], into `out`.
void compare(const at::Tensor &patches, const at::Tensor &out) {
  const std::int64_t count = patches.size(0), width = patches.size(1);
  const at::Tensor directions = at::empty_like(patches);
  const float *source = patches.data_ptr<float>();
  float *target = directions.data_ptr<float>();
  at::parallel_for(0, count, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      kernels::normalise_length(source + row * width, width, target + row * width);
  });
  at::Tensor similarities = out;
  at::mm_out(similarities, directions, directions.t());
}

/// Calls `row(data, index)` for each row of a square matrix.
template <class Row>
void for_rows(const at::Tensor &matrix, const Row &row) {
  const std::int64_t count = matrix.size(0);
  float *data = matrix.data_ptr<float>();
  at::parallel_for(0, count, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) row(data + index * count, index);
  });
}

/// [N] bool
at::Tensor outliers_of(const at::Tensor &patches, const at::Tensor &products) {
  const std::int64_t count = patches.size(0);
  const std::int64_t neighbours = std::min<std::int64_t>(kernels::kOutlierNeighbours, count - 1);
  at::Tensor out = products;
  at::mm_out(out, patches, patches.t());
  std::vector<float> reach(static_cast<std::size_t>(count));
  std::vector<std::int32_t> nearest(static_cast<std::size_t>(count * neighbours));
  at::parallel_for(0, count, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::uint64_t> scratch(static_cast<std::size_t>(count));
    for (std::int64_t patch = begin; patch < end; ++patch)
      reach[static_cast<std::size_t>(patch)] =
          kernels::nearest_patches(products.data_ptr<float>(), count, patch, scratch.data(),
                                   nearest.data() + patch * neighbours);
  });
  const at::Tensor factors = at::zeros({1, count});
  for (std::int64_t patch = 0; patch < count; ++patch) {
    float inverse = 0.0F;
    for (std::int64_t i = 0; i < neighbours; ++i)
      inverse += 1.0F / reach[static_cast<std::size_t>(
                            nearest[static_cast<std::size_t>(patch * neighbours + i)])];
    if (neighbours > 0)
      factors.data_ptr<float>()[patch] =
          reach[static_cast<std::size_t>(patch)] * inverse / static_cast<float>(neighbours);
  }
  return plain::outliers(factors)[0];
}

/// plain::repaired() of one picture, in place.
void repair(const at::Tensor &patches, const at::Tensor &outliers, std::int64_t rows,
            std::int64_t columns) {
  const bool *out = outliers.data_ptr<bool>();
  const std::int64_t width = patches.size(1);
  float *data = patches.data_ptr<float>();
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      if (!out[row * columns + column]) continue;
      // Only sound neighbours are read, and only outliers are written.
      std::vector<const float *> sound;
      for (std::int64_t y = std::max<std::int64_t>(row - 1, 0); y <= std::min(row + 1, rows - 1);
           ++y)
        for (std::int64_t x = std::max<std::int64_t>(column - 1, 0);
             x <= std::min(column + 1, columns - 1); ++x)
          if (!out[y * columns + x]) sound.push_back(data + (y * columns + x) * width);
      if (sound.empty()) continue;
      float *own = data + (row * columns + column) * width;
      for (std::int64_t channel = 0; channel < width; ++channel) {
        float sum = 0.0F;
        for (const float *neighbour : sound) sum += neighbour[channel];
        own[channel] = sum / static_cast<float>(sound.size());
      }
    }
}

/// One picture's calibration into `out`. mixing: [N, N], overwritten.
void calibrate_one(const ScClipStreams &streams, std::int64_t picture, std::int64_t rows,
                   std::int64_t columns, const at::Tensor &mixing, Calibration out) {
  const std::int64_t count = rows * columns;
  const at::Tensor deep = patches_of(streams.deep, picture);
  const at::Tensor middle = patches_of(streams.middle, picture);
  const at::Tensor outliers = outliers_of(deep, mixing);
  repair(deep, outliers, rows, columns);
  repair(middle, outliers, rows, columns);

  compare(middle, out.weights);
  std::vector<double> sums(static_cast<std::size_t>(count));
  for_rows(out.weights, [&](float *row, std::int64_t index) {
    sums[static_cast<std::size_t>(index)] = kernels::row_sum(row, count);
    float *mixed = mixing.data_ptr<float>() + index * count;
    std::copy_n(row, count, mixed);
    kernels::average_row(mixed, count);
  });
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  const auto mean = static_cast<float>(total / static_cast<double>(count * count));
  for_rows(out.weights,
           [&](float *row, std::int64_t index) { kernels::attend_row(row, count, index, mean); });
  at::mm_out(out.patches, mixing, deep);

  compare(patches_of(streams.shallow, picture), out.spread);
  for_rows(out.spread, [&](float *row, std::int64_t) { kernels::average_row(row, count); });
}

}  // namespace

void collect(const ScClipBlocks &blocks, std::int64_t block, const at::Tensor &x,
             ScClipStreams &streams) {
  if (block == blocks.shallow) streams.shallow = x.clone();
  if (block == blocks.middle) streams.middle = x.clone();
  if (block == blocks.sum_from)
    streams.sum = x.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  else if (block > blocks.sum_from && block <= blocks.sum_to)
    streams.sum.add_(x);
}

Calibration calibrate(const ScClipStreams &streams, std::int64_t rows, std::int64_t columns) {
  if (!streams.deep.device().is_cpu()) return plain::calibrate(streams, rows, columns);
  const std::int64_t pictures = streams.deep.size(0), width = streams.deep.size(2);
  const std::int64_t count = rows * columns;
  const auto matrices = [&](std::int64_t side) {
    return at::empty({pictures, count, side}, at::TensorOptions().dtype(at::kFloat));
  };
  const Calibration result{matrices(width), matrices(count), matrices(count)};
  // A thread each: products of one picture are small.
  at::parallel_for(0, pictures, 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard no_grad;
    const at::Tensor mixing = at::empty({count, count}, at::TensorOptions().dtype(at::kFloat));
    for (std::int64_t picture = begin; picture < end; ++picture)
      calibrate_one(streams, picture, rows, columns, mixing,
                    {result.patches.select(0, picture), result.weights.select(0, picture),
                     result.spread.select(0, picture)});
  });
  return result;
}

at::Tensor self_calibrated_block(const Block &block, const ScClipBlocks &blocks,
                                 const ScClipStreams &streams, std::int64_t rows,
                                 std::int64_t columns) {
  const at::ScalarType type = streams.deep.scalar_type();
  const std::int64_t pictures = streams.deep.size(0), width = streams.deep.size(2);
  const Calibration calibration = calibrate(streams, rows, columns);
  const at::Tensor both =
      at::cat({calibration.patches, streams.sum.slice(1, 1)}).to(type);  // [2 B, N, C]
  // The queries are not needed.
  const Linear keys_and_values{block.in_proj.weight.slice(0, width),
                               block.in_proj.bias.slice(0, width)};
  const at::Tensor projected = keys_and_values(block.ln_1(both));
  const auto heads = projected.view({2 * pictures, rows * columns, 2, block.heads, -1})
                         .permute({2, 0, 3, 1, 4})
                         .unbind(0);
  const at::Tensor own =
      attention({heads[0], heads[0], heads[1]}, {}).transpose(1, 2).flatten(2);  // [2 B, N, C]
  // All that follows is linear, and the runs are added in the end: they are added here.
  const auto added = [&](const at::Tensor &runs) {
    return runs.slice(0, 0, pictures) + runs.slice(0, pictures);
  };
  const at::Tensor attended = at::baddbmm(added(own), calibration.weights.to(type),
                                          added(projected.slice(2, width)), 0.5, 0.5);
  const at::Tensor class_token = streams.deep.slice(1, 0, 1);
  const at::Tensor constant =
      block.out_proj.bias.to(type) +
      blocks.class_share * (class_token + streams.sum.slice(1, 0, 1).to(type));
  const at::Tensor patches = block.out_proj(attended).add_(constant);
  return at::cat({class_token, at::bmm(calibration.spread.to(type), patches)}, 1);
}

}  // namespace naclip
