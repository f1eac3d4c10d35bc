#include "model/network/cpu_blocks.h"

#include <ATen/Parallel.h>

#include "model/kernels/activation.h"
#include "model/network/kernel_elements.h"

namespace naclip {

namespace {

constexpr std::int64_t kElementsPerTask = 1 << 14;

void activate(const at::Tensor &x, Activation activation) {
  with_elements(x, [&](auto *data) {
    at::parallel_for(0, x.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
      if (activation == Activation::kGelu)
        kernels::gelu(data + begin, end - begin);
      else
        kernels::quick_gelu(data + begin, end - begin);
    });
  });
}

void accumulate(const at::Tensor &x, const at::Tensor &delta) {
  float *sums = x.data_ptr<float>();
  with_elements(delta, [&](const auto *data) {
    at::parallel_for(0, x.numel(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
      kernels::accumulate(sums + begin, data + begin, end - begin);
    });
  });
}

void normalise(const at::Tensor &x, const LayerNorm &norm, const at::Tensor &out) {
  const std::int64_t width = x.size(-1);
  const kernels::Norm own{norm.weight.data_ptr<float>(), norm.bias.data_ptr<float>(), width};
  const float *source = x.data_ptr<float>();
  with_elements(out, [&](auto *target) {
    at::parallel_for(0, x.numel() / width, 16, [&](std::int64_t begin, std::int64_t end) {
      kernels::normalise(source + begin * width, own, end - begin, target + begin * width);
    });
  });
}

}  // namespace

CpuLinear::CpuLinear(const Linear &linear, Matmul::Then then)
    : then_(then), precision_(linear.weight.scalar_type()), bias_(linear.bias) {
  const at::ScalarType y = then == Matmul::Then::kAdd ? at::kFloat : precision_;
  if (Matmul::is_fast({precision_, precision_, y}, linear.weight.size(1), linear.weight.size(0)))
    matmul_ = Matmul(linear.weight, linear.bias.to(at::kFloat), precision_, y, then);
  else
    weight_ = linear.weight;
}

void CpuLinear::operator()(const at::Tensor &x, const at::Tensor &y,
                           const at::Tensor &scratch) const {
  if (matmul_) {
    matmul_.multiply(x.data_ptr(), x.size(0) * x.size(1), y.data_ptr());
    return;
  }
  at::Tensor rows = scratch.flatten(0, 1);
  at::addmm_out(rows, bias_, x.flatten(0, 1), weight_.t());
  if (then_ == Matmul::Then::kAdd) accumulate(y, scratch);
  if (then_ == Matmul::Then::kQuickGelu) activate(scratch, Activation::kQuickGelu);
  if (then_ == Matmul::Then::kGelu) activate(scratch, Activation::kGelu);
}

CpuBlock::CpuBlock(const Block &block)
    : ln_1(block.ln_1),
      ln_2(block.ln_2),
      in_proj(block.in_proj, Matmul::Then::kNothing),
      out_proj(block.out_proj, Matmul::Then::kAdd),
      c_fc(block.c_fc,
           block.activation == Activation::kGelu ? Matmul::Then::kGelu : Matmul::Then::kQuickGelu),
      c_proj(block.c_proj, Matmul::Then::kAdd),
      heads(block.heads) {}

std::vector<CpuBlock> cpu_blocks(Checkpoint &checkpoint, const std::string &prefix,
                                 std::int64_t count, std::int64_t heads, const Compute &compute) {
  std::vector<CpuBlock> result;
  for (std::int64_t layer = 0; layer < count; ++layer)
    result.emplace_back(take_block(checkpoint, prefix, layer, heads, compute));
  return result;
}

void CpuBlocks::reshape(const CpuBlock &block, const at::Tensor &x) {
  const at::ScalarType type = block.in_proj.precision();
  if (normed_.defined() && normed_.sizes() == x.sizes() && normed_.scalar_type() == type) return;
  const auto empty = [&](std::int64_t width) {
    return at::empty({x.size(0), x.size(1), width}, type);
  };
  normed_ = empty(x.size(2));
  projected_ = empty(block.in_proj.out());
  attended_ = empty(x.size(2));
  hidden_ = empty(block.c_fc.out());
  delta_ = empty(x.size(2));
}

void CpuBlocks::forward(const CpuBlock &block, const at::Tensor &x) {
  forward(block, x, [&](const at::Tensor &projected, const at::Tensor &attended) {
    attention_into(
        split_heads(projected, block.heads), {},
        attended.view({x.size(0), x.size(1), block.heads, attended.size(2) / block.heads}),
        block.in_proj.precision() == at::kFloat ? AttentionProducts::kFloat32
                                                : AttentionProducts::kInt16);
  });
}

void CpuBlocks::forward(const CpuBlock &block, const at::Tensor &x, const Attend &attend) {
  attend_all(block, x, attend);
  finish(block, x, attended_);
}

at::Tensor CpuBlocks::forward_rows(const CpuBlock &block, const at::Tensor &x, const Attend &attend,
                                   const at::Tensor &rows) {
  attend_all(block, x, attend);
  at::Tensor chosen = x.index_select(1, rows);
  finish(block, chosen, attended_.index_select(1, rows));
  return chosen;
}

/// To attended_.
void CpuBlocks::attend_all(const CpuBlock &block, const at::Tensor &x, const Attend &attend) {
  reshape(block, x);
  normalise(x, block.ln_1, normed_);
  block.in_proj(normed_, projected_, projected_);
  attend(projected_, attended_);
}

/// What follows attention, for the tokens of x, which may be fewer than attend_all() had.
void CpuBlocks::finish(const CpuBlock &block, const at::Tensor &x, const at::Tensor &attended) {
  const auto first = [&](const at::Tensor &all) { return all.narrow(1, 0, x.size(1)); };
  const at::Tensor normed = first(normed_), hidden = first(hidden_), delta = first(delta_);
  block.out_proj(attended, x, delta);
  normalise(x, block.ln_2, normed);
  block.c_fc(normed, hidden, hidden);
  block.c_proj(hidden, x, delta);
}

}  // namespace naclip
