#include "model/network/clip_vision.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <span>

#include "model/network/gpu_blocks.h"

namespace naclip {

namespace {

// Sizes seen by one model are few (the picture and the window); streams that keep changing theirs
// must not make memory grow.
constexpr std::size_t kGridsKept = 8;

}  // namespace

ClipVision::ClipVision(Checkpoint checkpoint, const Compute &compute, Attention attention,
                       Architecture architecture, double gaussian_std, double pearl_alpha)
    : compute_(compute),
      attention_(attention),
      architecture_(architecture),
      gaussian_std_(gaussian_std),
      pearl_alpha_(pearl_alpha),
      patch_(checkpoint.sizes.patch),
      native_grid_(checkpoint.sizes.native_grid),
      scclip_blocks_(naclip::scclip_blocks(checkpoint.sizes.vision_layers)) {
  if (attention == Attention::kCsa && architecture == Architecture::kReduced)
    throw Error(ErrorKind::kSettings, "attention=csa goes with architecture=vanilla only");
  if ((attention == Attention::kScclip || attention == Attention::kPearl) &&
      architecture != Architecture::kReduced)
    throw Error(ErrorKind::kSettings, std::string("attention=") +
                                          (attention == Attention::kPearl ? "pearl" : "scclip") +
                                          " goes with architecture=reduced only");
  if (!(gaussian_std > 0)) throw Error(ErrorKind::kSettings, "gaussian-std must be above 0");
  if (!(pearl_alpha >= 0)) throw Error(ErrorKind::kSettings, "pearl-alpha must not be negative");
  patch_weight_ = weight_tensor(checkpoint, "visual.conv1.weight", compute);
  class_embedding_ = activation_tensor(checkpoint, "visual.class_embedding", compute);
  positions_ = checkpoint.at("visual.positional_embedding").to(compute.device, at::kFloat);
  ln_pre_ = layer_norm(checkpoint, "visual.ln_pre", compute);
  ln_post_ = layer_norm(checkpoint, "visual.ln_post", compute);
  const std::string name = "visual.transformer";
  const std::int64_t layers = checkpoint.sizes.vision_layers, heads = checkpoint.sizes.vision_heads;
  if (compute.int8) {
    const Compute exact{.device = compute.device};
    for (std::int64_t layer = 0; layer + 1 < layers; ++layer)
      int8_blocks_.emplace_back(take_block(checkpoint, name, layer, heads, exact));
  } else if (compute.device.is_cpu()) {
    cpu_blocks_ = cpu_blocks(checkpoint, name, layers - 1, heads, compute);
  }
  if (compute.device.is_cpu())
    blocks_.push_back(block_at(checkpoint, name, layers - 1, heads, compute));
  else
    blocks_ = blocks(checkpoint, name, layers, heads, compute);
  projection_.weight = weight_tensor(checkpoint, "visual.proj", compute).t().contiguous();
}

at::Tensor ClipVision::interpolate_positions(Grid grid) const {
  const auto [rows, columns] = grid;
  if (rows == native_grid_ && columns == native_grid_) return positions_;
  const std::int64_t width = positions_.size(1);
  const at::Tensor native =
      positions_.slice(0, 1).reshape({1, native_grid_, native_grid_, width}).permute({0, 3, 1, 2});
  // The reference adds 0.1 against rounding down (as DINO does); the scale factor, not the ratio of
  // sizes, then places the samples, so it has to be the same here.
  const double native_size = static_cast<double>(native_grid_);
  const std::array<double, 2> factors{(static_cast<double>(rows) + 0.1) / native_size,
                                      (static_cast<double>(columns) + 0.1) / native_size};
  const at::Tensor resized =
      at::upsample_bicubic2d(native.contiguous(), {rows, columns}, false, factors[0], factors[1]);
  return at::cat(
      {positions_.slice(0, 0, 1), resized.permute({0, 2, 3, 1}).reshape({rows * columns, width})});
}

const ClipVision::GridTensors &ClipVision::grid_tensors(Grid grid) {
  const auto found = grids_.find(grid);
  if (found != grids_.end()) return found->second;
  if (grids_.size() >= kGridsKept) grids_.clear();
  GridTensors tensors;
  tensors.positions = interpolate_positions(grid).to(compute_.activations);
  if (attention_ == Attention::kNaclip || attention_ == Attention::kNonly)
    tensors.bias = plain::gaussian_bias(grid.first, grid.second, gaussian_std_)
                       .to(compute_.device, compute_.activations);
  return grids_.emplace(grid, std::move(tensors)).first->second;
}

at::Tensor ClipVision::embed(const at::Tensor &pictures, Grid grid) {
  const at::Tensor patches =
      at::conv2d(pictures.to(compute_.device, compute_.weights), patch_weight_, {}, patch_)
          .to(compute_.activations)
          .flatten(2)
          .transpose(1, 2);
  const at::Tensor class_token =
      class_embedding_.view({1, 1, -1}).expand({pictures.size(0), 1, -1});
  return ln_pre_(at::cat({class_token, patches}, 1) + grid_tensors(grid).positions);
}

at::Tensor ClipVision::last_block(const at::Tensor &x, const at::Tensor &normed, Grid grid) {
  const Block &block = blocks_.back();
  const at::Tensor attended = block.merge(
      plain::neighbour_attention(attention_, block.project(normed), grid_tensors(grid).bias,
                                 pearl_alpha_, attention, pearl_projections));
  if (architecture_ == Architecture::kReduced) return attended;
  const at::Tensor residual = x + attended;
  return residual + block.mlp(block.ln_2(residual));
}

at::Tensor ClipVision::before_last_block(at::Tensor &x, const AfterBlock &after) {
  const LayerNorm &last_norm = blocks_.back().ln_1;
  if (!x.device().is_cpu()) {
    const std::span<const Block> blocks(blocks_.data(), blocks_.size() - 1);
    return forward_on_gpu(blocks, x, last_norm, after);
  }
  const std::size_t count = std::max(cpu_blocks_.size(), int8_blocks_.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (int8_blocks_.empty())
      cpu_runner_.forward(cpu_blocks_[i], x);
    else
      int8_runner_.forward(int8_blocks_[i], x);
    if (after) after(static_cast<std::int64_t>(i) + 1, x);
    ComputeThread::shared().interruption_point();
  }
  return last_norm(x);
}

at::Tensor ClipVision::encode(const at::Tensor &pictures) {
  at::NoGradGuard no_grad;
  const Grid grid{pictures.size(2) / patch_, pictures.size(3) / patch_};
  at::Tensor x = embed(pictures, grid), last;
  if (attention_ == Attention::kScclip) {
    ScClipStreams streams;
    const auto keep = [&](std::int64_t block, const at::Tensor &stream) {
      collect(scclip_blocks_, block, stream, streams);
    };
    keep(0, x);
    before_last_block(x, keep);
    streams.deep = x;
    last = self_calibrated_block(blocks_.back(), scclip_blocks_, streams, grid.first, grid.second);
  } else {
    const at::Tensor normed = before_last_block(x, {});
    last = last_block(x, normed, grid);
  }
  return projection_(ln_post_(last)).to(at::kFloat);
}

}  // namespace naclip
