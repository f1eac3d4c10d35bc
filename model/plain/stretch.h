// Maps of scores at another size.
#pragma once

#include <ATen/ATen.h>

namespace naclip::plain {

/// `map`, [1, C, h, w], stretched bilinearly, pixels' centres aligned: itself where it has that
/// size.
inline at::Tensor stretched(const at::Tensor &map, std::int64_t height, std::int64_t width) {
  return map.size(2) == height && map.size(3) == width
             ? map
             : at::upsample_bilinear2d(map, {height, width}, false);
}

}  // namespace naclip::plain
