// A video frame -> what the network reads.
#pragma once

#include <ATen/ATen.h>

#include "model/picture.h"

namespace naclip {

/// The network's input for a frame, its pixels square: the ratio of the displayed picture kept,
/// whose pixels are `pixel_aspect` times as wide as high; short side `short_side`, long side at
/// most 2048, rounded half up, as the reference's evaluation does; no side shorter than a patch.
PictureSize network_input_size(PictureSize frame, int short_side, int patch,
                               double pixel_aspect = 1.0);

/// Shrinks a frame's planes to `size` (bilinear, rounded to 8 bits), converts the small picture to
/// RGB and normalises it: mean 122.771, 116.746, 104.094, deviation 68.501, 66.632, 70.323. -> [1,
/// 3, height, width] float32 on the CPU. Single-threaded on purpose: OpenMP's threads are busy with
/// the network.
at::Tensor preprocess(const Picture &picture, PictureSize size);
/// The same into `target`, [1, 3, height, width] float32 contiguous on the CPU.
void preprocess(const Picture &picture, const at::Tensor &target);

}  // namespace naclip
