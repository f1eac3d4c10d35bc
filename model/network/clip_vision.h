// CLIP's vision transformer with NACLIP's last block.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <utility>
#include <vector>

#include "model/machine/device.h"
#include "model/network/checkpoint.h"
#include "model/network/cpu_blocks.h"
#include "model/network/int8_blocks.h"
#include "model/network/scclip.h"
#include "model/network/transformer.h"
#include "model/options.h"

namespace naclip {

/// The image tower (arXiv 2103.00020) whose last block is that of arXiv 2404.08181. Pictures of any
/// size: positional embeddings are interpolated to the grid, pixels that fill no patch are dropped.
class ClipVision {
 public:
  /// Throws Error{kSettings} where attention is kCsa and architecture is kReduced, or attention is
  /// kScclip or kPearl and architecture is not, as in the references.
  ClipVision(Checkpoint checkpoint, const Compute &compute, Attention attention,
             Architecture architecture, double gaussian_std,
             double pearl_alpha = ModelChoice{}.pearl_alpha);

  /// pictures: [B, 3, H, W] float32 normalised, H and W >= patch -> [B, 1 + rows * columns, D]
  /// float32, every token after ln_post and projection, class token first, not normalised.
  at::Tensor encode(const at::Tensor &pictures);

  std::int64_t patch() const { return patch_; }

  /// Float32 matrices of all pairs of patches that the last block keeps for each picture.
  int pair_matrices() const { return attention_ == Attention::kScclip ? kScClipMatrices : 0; }

 private:
  using Grid = std::pair<std::int64_t, std::int64_t>;  // rows, columns

  /// What depends on the grid alone.
  struct GridTensors {
    at::Tensor positions;  // [1 + rows * columns, C]
    at::Tensor bias;       // [1 + rows * columns, same]
  };

  const GridTensors &grid_tensors(Grid grid);
  at::Tensor interpolate_positions(Grid grid) const;
  at::Tensor embed(const at::Tensor &pictures, Grid grid);
  /// Runs all blocks but the last on x in place. -> ln_1 of the last one of it.
  at::Tensor before_last_block(at::Tensor &x, const AfterBlock &after);
  /// normed: ln_1 of x
  at::Tensor last_block(const at::Tensor &x, const at::Tensor &normed, Grid grid);

  Compute compute_;
  Attention attention_;
  Architecture architecture_;
  double gaussian_std_, pearl_alpha_;
  std::int64_t patch_, native_grid_;
  ScClipBlocks scclip_blocks_;
  at::Tensor patch_weight_, class_embedding_;
  at::Tensor positions_;  // [1 + native_grid^2, C] float32
  LayerNorm ln_pre_, ln_post_;
  std::vector<Block> blocks_;  // all; on the CPU the last alone
  // All but the last on the CPU, the latter where products are of 8 bits; else none.
  std::vector<CpuBlock> cpu_blocks_;
  std::vector<Int8Block> int8_blocks_;
  Linear projection_;
  std::map<Grid, GridTensors> grids_;
  CpuBlocks cpu_runner_;
  Int8Blocks int8_runner_;
};

}  // namespace naclip
