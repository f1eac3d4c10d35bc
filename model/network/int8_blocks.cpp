#include "model/network/int8_blocks.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace naclip {

namespace {

// So many rows that what lies between two layers stays in a core's cache.
constexpr std::int64_t kRows = 256;
constexpr std::int64_t kRowsPerTask = 8;

template <typename Work>
void each_part(std::int64_t rows, Work work) {
  const std::int64_t parts = (rows + kRows - 1) / kRows, part = (rows + parts - 1) / parts;
  for (std::int64_t first = 0; first < rows; first += part)
    work(first, std::min(part, rows - first));
}

template <typename Work>
void each_row(std::int64_t rows, Work work) {
  at::parallel_for(0, rows, kRowsPerTask, work);
}

kernels::Norm norm_of(const LayerNorm &norm) {
  return {norm.weight.data_ptr<float>(), norm.bias.data_ptr<float>(), norm.weight.size(0)};
}

}  // namespace

Int8Block::Int8Block(const Block &block)
    : ln_1(block.ln_1),
      ln_2(block.ln_2),
      in_proj(block.in_proj),
      out_proj(block.out_proj),
      c_fc(block.c_fc),
      c_proj(block.c_proj),
      heads(block.heads),
      activation(block.activation) {}

void Int8Blocks::reshape(const Int8Block &block, const at::Tensor &x) {
  if (attended_.defined() && attended_.sizes() == x.sizes()) return;
  const auto at_most = static_cast<std::size_t>(std::min(kRows, x.size(0) * x.size(1)));
  const auto of = [&](std::int64_t width) { return at_most * static_cast<std::size_t>(width); };
  projected_ = at::empty({x.size(0), x.size(1), block.in_proj.out()}, at::kFloat);
  attended_ = at::empty(x.sizes(), at::kFloat);
  bytes_.resize(of(x.size(2)));
  hidden_.resize(of(block.c_fc.out()));
  scales_.resize(at_most);
  hidden_scales_.resize(at_most);
  sums_.resize(of(std::max(block.in_proj.out(), block.c_fc.out())));
}

void Int8Blocks::project(const Int8Block &block, const at::Tensor &x, std::int64_t first,
                         std::int64_t count) {
  const kernels::Norm norm = norm_of(block.ln_1);
  const std::int64_t width = norm.width, wide = block.in_proj.out();
  const float *source = x.data_ptr<float>() + first * width;
  float *target = projected_.data_ptr<float>() + first * wide;
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(width));
    kernels::normalise_quantised(source + begin * width, norm, end - begin, scratch.data(),
                                 bytes_.data() + begin * width, scales_.data() + begin);
  });
  block.in_proj.multiply(bytes_.data(), count, sums_.data());
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    kernels::dequantise(sums_.data() + begin * wide, scales_.data() + begin,
                        block.in_proj.columns(), end - begin, target + begin * wide);
  });
}

void Int8Blocks::finish(const Int8Block &block, const at::Tensor &x, std::int64_t first,
                        std::int64_t count) {
  const kernels::Norm norm = norm_of(block.ln_2);
  const std::int64_t width = norm.width, wide = block.c_fc.out();
  const float *attended = attended_.data_ptr<float>() + first * width;
  float *target = x.data_ptr<float>() + first * width;
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    kernels::quantise(attended + begin * width, end - begin, width, bytes_.data() + begin * width,
                      scales_.data() + begin);
  });
  block.out_proj.multiply(bytes_.data(), count, sums_.data());
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(width));
    kernels::accumulate_dequantised(sums_.data() + begin * width, scales_.data() + begin,
                                    block.out_proj.columns(), end - begin, target + begin * width);
    kernels::normalise_quantised(target + begin * width, norm, end - begin, scratch.data(),
                                 bytes_.data() + begin * width, scales_.data() + begin);
  });
  block.c_fc.multiply(bytes_.data(), count, sums_.data());
  const auto gelu =
      block.activation == Activation::kGelu ? kernels::Gelu::kExact : kernels::Gelu::kQuick;
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(wide));
    kernels::activate_quantised(sums_.data() + begin * wide, scales_.data() + begin,
                                block.c_fc.columns(), gelu, end - begin, scratch.data(),
                                hidden_.data() + begin * wide, hidden_scales_.data() + begin);
  });
  block.c_proj.multiply(hidden_.data(), count, sums_.data());
  each_row(count, [&](std::int64_t begin, std::int64_t end) {
    kernels::accumulate_dequantised(sums_.data() + begin * width, hidden_scales_.data() + begin,
                                    block.c_proj.columns(), end - begin, target + begin * width);
  });
}

void Int8Blocks::forward(const Int8Block &block, const at::Tensor &x) {
  reshape(block, x);
  const std::int64_t rows = x.size(0) * x.size(1);
  each_part(rows, [&](std::int64_t first, std::int64_t count) { project(block, x, first, count); });
  attention_into(split_heads(projected_, block.heads), {},
                 attended_.view({x.size(0), x.size(1), block.heads, x.size(2) / block.heads}),
                 AttentionProducts::kInt16);
  each_part(rows, [&](std::int64_t first, std::int64_t count) { finish(block, x, first, count); });
}

}  // namespace naclip
