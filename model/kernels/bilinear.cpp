#include "model/kernels/bilinear.h"

#include <algorithm>

namespace naclip {

std::vector<Tap> bilinear_taps(std::int64_t from, std::int64_t to) {
  std::vector<Tap> taps(static_cast<std::size_t>(to));
  const float ratio = static_cast<float>(from) / static_cast<float>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const float position = std::max((static_cast<float>(i) + 0.5F) * ratio - 0.5F, 0.0F);
    const auto first = std::min(static_cast<std::int64_t>(position), from - 1);
    taps[static_cast<std::size_t>(i)] = {first, std::min(first + 1, from - 1),
                                         position - static_cast<float>(first)};
  }
  return taps;
}

}  // namespace naclip
