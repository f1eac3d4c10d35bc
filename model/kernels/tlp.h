// TLP on the CPU, row by row of its grid: means over blocks, what binds pixels, and the passes of
// conjugate gradients. See plain/tlp.h for the method.
#pragma once

#include <cstdint>
#include <vector>

#include "model/kernels/refine.h"

namespace naclip::kernels {

/// The means over blocks of samples of a side that is stretched bilinearly first, as weights of the
/// samples that there are.
struct BlockTaps {
  std::vector<std::int32_t> first;  ///< [blocks], 0..from - 1
  std::vector<std::int32_t> count;  ///< [blocks]
  std::vector<float> weight;        ///< [blocks, reach]: `count` of them, then zeros
  std::int64_t from = 0;            ///< samples that there are
  std::int64_t reach = 0;           ///< whole vectors
};

/// from -> to samples, of which each `block` >= 1 become one; what fills no block is dropped.
BlockTaps block_taps(std::int64_t from, std::int64_t to, std::int64_t block);

/// Planes anywhere in memory; their lines are dense.
struct Planes {
  const float *data;
  std::int64_t row_pitch, channel_pitch;  ///< floats
};

/// Floats of scratch for block_means(), zero before its first use.
std::int64_t block_scratch(const BlockTaps &columns);

/// The means of row y of `target` into it, of all its channels.
void block_means(const Planes &planes, const BlockTaps &rows, const BlockTaps &columns,
                 std::int64_t y, float *scratch, const LineMap &target);

/// What binds the pixels of a grid, as channels of one map. Like all maps of TLP it has a border of
/// one and more, and is zero where no pixel is.
enum TlpChannel : std::int64_t {
  kTrust,   ///< to a pixel's own scores
  kAcross,  ///< to the neighbour behind; 0 in the last column
  kDown,    ///< to the neighbour below; of no use in the last row
  kGrey,    ///< the picture's luma
  kTlpChannels
};

/// The maps of one grid: [words] but `binding`.
struct TlpMaps {
  LineMap scores;  ///< the outcome
  LineMap residual;
  LineMap probabilities;  ///< of no use any more once bind_row() is done
  LineMap binding;        ///< kTlpChannels
  const float *word_weights;
};

/// Row y of `probabilities` and kTrust, of `scores`.
void trust_row(const TlpMaps &maps, std::int64_t y);

/// Row y of kGrey, of the picture's three channels.
void grey_row(const LineMap &picture, std::int64_t y, const LineMap &binding);

/// Sums of the differences of grey.
struct Contrast {
  double across = 0, down = 0;
};

/// Those of row y's pixels and the pixels behind and below them.
Contrast contrast_row(const LineMap &binding, std::int64_t y);

/// Row y of kAcross and kDown. contrast: means of the grid.
void bind_row(const TlpMaps &maps, const Contrast &contrast, std::int64_t y);

/// Row y of `residual` as the steps begin -> its square.
double begin_row(const TlpMaps &maps, std::int64_t y);

/// Row y of the next direction, residual + keep x direction, into `next` -> the product of that and
/// of what the system makes of it. direction and next: two maps like residual.
double direct_row(const TlpMaps &maps, const LineMap &direction, float keep, const LineMap &next,
                  std::int64_t y);

/// Takes row y of `scores` and `residual` a step of that length along the direction -> the square
/// of the residual's row.
double step_row(const TlpMaps &maps, const LineMap &direction, float length, std::int64_t y);

}  // namespace naclip::kernels
