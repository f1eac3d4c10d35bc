// A Picture as the preprocessing kernel takes it. Plain host code.
#pragma once

#include <vector>

#include "model/cuda/preprocess.cuh"
#include "model/picture.h"

namespace naclip {

/// What one plane of a picture holds.
struct PlaneShape {
  int rows;
  std::ptrdiff_t row_bytes;  ///< without padding
};

/// The planes of a picture of that format and size, in order.
std::vector<PlaneShape> plane_shapes(const Picture &picture);

/// Planes and strides as they are in `picture`, with the format's layout and the colorimetry's
/// coefficients.
kernel::Frame kernel_frame(const Picture &picture);

/// The network's mean and deviation, as in model/preprocess.
kernel::Normalisation kernel_normalisation();

}  // namespace naclip
