#include "model/plain/scclip.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace naclip {

ScClipBlocks scclip_blocks(std::int64_t depth) {
  struct Published {
    std::int64_t depth;
    ScClipBlocks blocks;
  };
  constexpr Published kBase{12, {4, 9, 4, 10, 0.3}}, kLarge{24, {7, 17, 9, 19, 0.1}};
  const Published &nearer = depth < (kBase.depth + kLarge.depth) / 2 ? kBase : kLarge;
  const auto scaled = [&](std::int64_t block) {
    const double own = static_cast<double>(block * depth) / static_cast<double>(nearer.depth);
    return std::clamp<std::int64_t>(std::lround(own), 0, depth - 1);
  };
  return {scaled(nearer.blocks.shallow), scaled(nearer.blocks.middle),
          scaled(nearer.blocks.sum_from), scaled(nearer.blocks.sum_to), nearer.blocks.class_share};
}

namespace plain {

namespace {

// A patch is compared with so many nearest others, or with all where there are fewer.
constexpr std::int64_t kOutlierNeighbours = 30;
// Patches above this quantile of the local outlier factors are outliers.
constexpr double kOutlierQuantile = 0.95;
// Factors that differ by less are equal. On grids of up to 21 patches the two that lie farthest apart
// have the greatest factor, both the same, and rounding must not make one of them the outlier.
constexpr double kFactorRounding = 1e-5;
// Distances are at least this, so that equal patches have finite factors.
constexpr float kLeastDistance = 1e-12F;
// Cosine similarities below this count as none where patches are averaged.
constexpr float kLeastAlike = 0.4F;
// Multiplies a similarity's excess over the mean one before the softmax.
constexpr float kAlikeScale = 3.0F;
// Added to sums that rows are divided by.
constexpr float kRowSumFloor = 1e-6F;

at::Tensor float_patches(const at::Tensor &stream) {
  return stream.slice(1, 1).to(at::kFloat);
}

}  // namespace

at::Tensor outlier_factors(const at::Tensor &patches) {
  const std::int64_t count = patches.size(1);
  const std::int64_t neighbours = std::min(kOutlierNeighbours, count - 1);
  if (neighbours == 0) return at::zeros({patches.size(0), count}, patches.options());
  const at::Tensor squares = patches.square().sum(-1);
  at::Tensor distances = squares.unsqueeze(2) + squares.unsqueeze(1) -
                         2.0 * at::matmul(patches, patches.transpose(1, 2));
  distances = distances.clamp_min(kLeastDistance);
  distances.diagonal(0, 1, 2).fill_(std::numeric_limits<float>::infinity());
  const auto [nearest, index] = distances.topk(neighbours, -1, /*largest=*/false);
  const at::Tensor reach = nearest.amax(-1);  // [B, N]
  const at::Tensor inverse = reach.reciprocal().unsqueeze(1).expand({-1, count, -1});
  return reach * inverse.gather(2, index).mean(-1);
}

at::Tensor outliers(const at::Tensor &factors) {
  const double position = kOutlierQuantile * static_cast<double>(factors.size(1) - 1);
  const auto below = static_cast<std::int64_t>(position);
  const std::int64_t above = std::min(below + 1, factors.size(1) - 1);
  const at::Tensor sorted = std::get<0>(factors.sort(-1));
  const at::Tensor limit =
      at::lerp(sorted.select(1, below), sorted.select(1, above), position - std::floor(position));
  return factors > limit.unsqueeze(1) * (1.0 + kFactorRounding);
}

at::Tensor repaired(const at::Tensor &patches, const at::Tensor &outliers, std::int64_t rows,
                    std::int64_t columns) {
  const std::int64_t batch = patches.size(0), width = patches.size(2);
  const at::Tensor sound =
      outliers.logical_not().to(patches.scalar_type()).view({batch, rows, columns, 1});
  const auto pad = [](const at::Tensor &x) { return at::constant_pad_nd(x, {0, 0, 1, 1, 1, 1}); };
  const at::Tensor counted = pad(sound);
  const at::Tensor summed = pad(patches.view({batch, rows, columns, width}) * sound);
  at::Tensor count = at::zeros_like(sound);
  at::Tensor sum = at::zeros({batch, rows, columns, width}, patches.options());
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 3; ++x)
      if (y != 1 || x != 1) {
        const auto shifted = [&](const at::Tensor &all) {
          return all.slice(1, y, y + rows).slice(2, x, x + columns);
        };
        count += shifted(counted);
        sum += shifted(summed);
      }
  const at::Tensor mended = (sum / count.clamp_min(1.0)).view({batch, rows * columns, width});
  const at::Tensor mendable = outliers.logical_and((count > 0).view({batch, rows * columns}));
  return at::where(mendable.unsqueeze(-1), mended, patches);
}

at::Tensor similarities(const at::Tensor &patches) {
  const at::Tensor directions =
      patches / patches.norm(2, -1, true).clamp_min(std::numeric_limits<float>::min());
  return at::matmul(directions, directions.transpose(1, 2));
}

at::Tensor averaging(const at::Tensor &similarities) {
  const at::Tensor alike = similarities.masked_fill(similarities < kLeastAlike, 0.0);
  return alike / (alike.sum(-1, true) + kRowSumFloor);
}

at::Tensor attending(const at::Tensor &similarities) {
  at::Tensor excess = similarities - similarities.mean({1, 2}, true);
  // Never below the mean but for rounding.
  at::Tensor own = excess.diagonal(0, 1, 2);
  own.clamp_min_(0.0);
  return (excess * kAlikeScale)
      .masked_fill(excess < 0, -std::numeric_limits<float>::infinity())
      .softmax(-1);
}

Calibration calibrate(const ScClipStreams &streams, std::int64_t rows, std::int64_t columns) {
  const at::Tensor deep = float_patches(streams.deep);
  const at::Tensor places = outliers(outlier_factors(deep));
  const at::Tensor alike =
      similarities(repaired(float_patches(streams.middle), places, rows, columns));
  return {at::matmul(averaging(alike), repaired(deep, places, rows, columns)), attending(alike),
          averaging(similarities(float_patches(streams.shallow)))};
}

}  // namespace plain
}  // namespace naclip
