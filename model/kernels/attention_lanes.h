// What the attentions of float32 and of 16-bit integers share.
#pragma once

#include <cstdint>

#include "model/kernels/lanes.h"

namespace naclip::kernels {

/// What of a product is computed at once, rows by two vectors: these sums and two vectors have to fit the processor's
/// registers, of which AVX-512 has twice as many.
template <class Lanes>
inline constexpr std::int64_t kTileRows = kLanes<Lanes> == kMostLanes ? 12 : 6;
template <class Lanes>
inline constexpr std::int64_t kTileColumns = 2 * kLanes<Lanes>;

// Of all tiles; the others' columns divide these.
inline constexpr std::int64_t kMostRows = kTileRows<LanesOf512Bits>;
inline constexpr std::int64_t kMostColumns = kTileColumns<LanesOf512Bits>;

constexpr std::int64_t tiled(std::int64_t count) {
  return (count + kMostColumns - 1) / kMostColumns * kMostColumns;
}

/// The first place in `scratch` that begins one of the cache's lines: a vector across two of them costs twice as much.
template <typename Number>
NACLIP_INLINE Number *aligned(Number *scratch) {
  constexpr std::uintptr_t kLine = sizeof(LanesOf512Bits);
  return reinterpret_cast<Number *>((reinterpret_cast<std::uintptr_t>(scratch) + kLine - 1) /
                                    kLine * kLine);
}

/// to[i] = factor x from[i]
template <class Lanes, typename From, typename To>
NACLIP_INLINE void copy_row(const From *from, std::int64_t count, To *to, float factor = 1.0F) {
  std::int64_t i = 0;
  for (; i + kLanes<Lanes> <= count; i += kLanes<Lanes>)
    store(to + i, load<Lanes>(from + i) * factor);
  if (i < count) store_some(to + i, load_some<Lanes>(from + i, count - i) * factor, count - i);
}

}  // namespace naclip::kernels
