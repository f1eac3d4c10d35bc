// A residual attention block of random weights.
#pragma once

#include <ATen/ATen.h>

#include <cmath>

#include "model/network/transformer.h"

namespace naclip {

inline Block random_block(std::int64_t width, std::int64_t heads, at::ScalarType type) {
  const auto linear = [&](std::int64_t out, std::int64_t in) {
    return Linear{(at::randn({out, in}) / std::sqrt(static_cast<double>(in))).to(type),
                  (at::randn({out}) * 0.1).to(type)};
  };
  Block block;
  block.heads = heads;
  block.ln_1 = {at::randn({width}), at::randn({width})};
  block.ln_2 = {at::randn({width}), at::randn({width})};
  block.in_proj = linear(3 * width, width);
  block.out_proj = linear(width, width);
  block.c_fc = linear(4 * width, width);
  block.c_proj = linear(width, 4 * width);
  return block;
}

}  // namespace naclip
