// Bilinear sampling along one side.
#pragma once

#include <cstdint>
#include <vector>

namespace naclip {

/// Where one output position samples its input: (1 - weight) x first + weight x second.
struct Tap {
  std::int64_t first, second;
  float weight;
};

/// The taps of `to` output positions over `from` input ones, pixel centres aligned (align_corners
/// false), edges repeated; in single precision, as libtorch's interpolation computes them.
std::vector<Tap> bilinear_taps(std::int64_t from, std::int64_t to);

}  // namespace naclip
