// What each kernel takes, in order. A launch hands over bare addresses, so that nothing else would
// notice a wrong type: kernels_test.cpp holds these against the kernels' own declarations, and
// kernel_compiler_test.cpp against the sizes that NVRTC gives them.
#pragma once

#include <tuple>

#include "model/cuda/decode.cuh"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"
#include "model/cuda/windows.cuh"

namespace naclip {

/// frame, normalisation, height, width, out
using PreprocessArguments = std::tuple<kernel::Frame, kernel::Normalisation, int, int, float *>;
/// plane, stride, step, factor, height, width, out
using ShrinkArguments =
    std::tuple<const kernel::Byte *, kernel::Offset, int, int, int, int, kernel::Byte *>;
/// picture, height, width, dilations, weights, halves
using WeightsArguments =
    std::tuple<const float *, int, int, kernel::Dilations, float *, kernel::Half *>;
/// scores, weights, height, width, dilations, channels, share, out
using StepArguments =
    std::tuple<const float *, const float *, int, int, kernel::Dilations, int, int, float *>;
/// map, zeros, height, width, packs, out
using StretchHalfArguments =
    std::tuple<kernel::ScoreMap<float>, const float *, int, int, int, kernel::Pack<kernel::Half> *>;
/// scores, weights, height, width, dilations, packs, out
using StepHalfArguments =
    std::tuple<const kernel::Pack<kernel::Half> *, const kernel::Pack<kernel::Half> *, int, int,
               kernel::Dilations, int, kernel::Pack<kernel::Half> *>;
/// grids, height, width, out
using StitchArguments = std::tuple<kernel::WindowGrids, int, int, float *>;
/// map, decoding, regions, shared, bytes_per_label, labels, sums
template <class Score>
using DecodeArguments = std::tuple<kernel::ScoreMap<Score>, kernel::Decoding, int, int, int,
                                   kernel::Byte *, kernel::Wide *>;
/// x, delta, weight, bias, rows, packs, out; of any type of elements
using AddAndNormaliseArguments =
    std::tuple<void *, const void *, const void *, const void *, int, int, void *>;
/// x, packs; of any type of elements
using ActivationArguments = std::tuple<void *, int>;

}  // namespace naclip
