// What each kernel takes, in order. A launch hands over bare addresses, so that nothing else would
// notice a wrong type: kernels_test.cpp holds these against the kernels' own declarations, and
// kernel_compiler_test.cpp against the sizes that NVRTC gives them.
#pragma once

#include <tuple>

#include "model/cuda/decode.cuh"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"

namespace naclip {

/// frame, normalisation, height, width, out
using PreprocessArguments = std::tuple<kernel::Frame, kernel::Normalisation, int, int, float *>;
/// picture, height, width, dilations, weights
using WeightsArguments = std::tuple<const float *, int, int, kernel::Dilations, float *>;
/// scores, weights, height, width, dilations, channels, share, out
using StepArguments =
    std::tuple<const float *, const float *, int, int, kernel::Dilations, int, int, float *>;
/// map, decoding, regions, shared, bytes_per_label, labels, sums
using DecodeArguments =
    std::tuple<kernel::ScoreMap, kernel::Decoding, int, int, int, kernel::Byte *, kernel::Wide *>;

}  // namespace naclip
