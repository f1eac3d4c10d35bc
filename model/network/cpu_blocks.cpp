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

void apply(const Linear &linear, const at::Tensor &x, at::Tensor out) {
  at::Tensor rows = out.flatten(0, 1);
  at::addmm_out(rows, linear.bias, x.flatten(0, 1), linear.weight.t());
}

}  // namespace

void CpuBlocks::reshape(const Block &block, const at::Tensor &x) {
  const at::ScalarType type = block.in_proj.weight.scalar_type();
  if (normed_.defined() && normed_.sizes() == x.sizes() && normed_.scalar_type() == type) return;
  const auto empty = [&](const Linear &linear) {
    return at::empty({x.size(0), x.size(1), linear.weight.size(0)}, type);
  };
  normed_ = at::empty(x.sizes(), type);
  projected_ = empty(block.in_proj);
  attended_ = empty(block.out_proj);
  hidden_ = empty(block.c_fc);
  delta_ = empty(block.c_proj);
}

void CpuBlocks::forward(const Block &block, const at::Tensor &x) {
  forward(block, x, [&](const Block &own, const at::Tensor &projected, const at::Tensor &attended) {
    attention_into(split_heads(projected, own.heads), {},
                   attended.view({x.size(0), x.size(1), own.heads, attended.size(2) / own.heads}));
  });
}

void CpuBlocks::forward(const Block &block, const at::Tensor &x, const Attend &attend) {
  attend_all(block, x, attend);
  finish(block, x, attended_);
}

at::Tensor CpuBlocks::forward_rows(const Block &block, const at::Tensor &x, const Attend &attend,
                                   const at::Tensor &rows) {
  attend_all(block, x, attend);
  at::Tensor chosen = x.index_select(1, rows);
  finish(block, chosen, attended_.index_select(1, rows));
  return chosen;
}

/// To attended_.
void CpuBlocks::attend_all(const Block &block, const at::Tensor &x, const Attend &attend) {
  reshape(block, x);
  normalise(x, block.ln_1, normed_);
  apply(block.in_proj, normed_, projected_);
  attend(block, projected_, attended_);
}

/// What follows attention, for the tokens of x, which may be fewer than attend_all() had.
void CpuBlocks::finish(const Block &block, const at::Tensor &x, const at::Tensor &attended) {
  const auto first = [&](const at::Tensor &all) { return all.narrow(1, 0, x.size(1)); };
  const at::Tensor normed = first(normed_), hidden = first(hidden_), delta = first(delta_);
  apply(block.out_proj, attended, delta);
  accumulate(x, delta);
  normalise(x, block.ln_2, normed);
  apply(block.c_fc, normed, hidden);
  activate(hidden, block.activation);
  apply(block.c_proj, hidden, delta);
  accumulate(x, delta);
}

}  // namespace naclip
