// How many blocks of threads a kernel is given.
#pragma once

#include <algorithm>
#include <cstddef>

namespace naclip {

// A warp is a row of the block, so that its threads read side by side.
constexpr int kBlockWidth = 32, kBlockHeight = 8;

struct KernelGrid {
  int x, y, z = 1;
};

constexpr int parts_of(int whole, int part) {
  return (whole + part - 1) / part;
}

/// One thread for each pixel of so many pictures; or, of `width` x several numbers of a pixel, for
/// each number.
constexpr KernelGrid pixel_grid(int height, int width, int pictures = 1) {
  return {parts_of(width, kBlockWidth), parts_of(height, kBlockHeight), pictures};
}

struct ChannelGrid {
  KernelGrid grid;
  int share;  ///< channels of one layer of the grid
};

/// One thread for each pixel and some eight channels, which it refines with the weights that it has
/// read.
constexpr ChannelGrid channel_grid(int height, int width, int channels, int pictures = 1) {
  constexpr int kChannelsOfThread = 8;
  const int share = parts_of(channels, parts_of(channels, kChannelsOfThread));
  return {pixel_grid(height, width, pictures * parts_of(channels, share)), share};
}

/// Enough blocks to keep the largest devices busy, and no more: each adds its statistics to the
/// device's once.
constexpr KernelGrid decode_grid(int height, int width, int pictures = 1) {
  constexpr int kBlocks = 2048;
  const int columns = parts_of(width, kBlockWidth);
  return {columns, std::min(parts_of(height, kBlockHeight), std::max(kBlocks / columns, 1)),
          pictures};
}

/// One warp for each row.
constexpr KernelGrid row_grid(int rows) {
  return {parts_of(rows, kBlockHeight), 1};
}

/// One thread for each of a line of numbers.
constexpr KernelGrid line_grid(int count) {
  return {parts_of(count, kBlockWidth * kBlockHeight), 1};
}

}  // namespace naclip
