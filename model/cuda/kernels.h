// The compiled kernels on one device, launched on the current stream.
#pragma once

#include <c10/core/Device.h>

#include <array>
#include <string>

#include "model/cuda/decode.cuh"
#include "model/cuda/driver.h"
#include "model/cuda/kernel_grids.h"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"

namespace naclip::cuda {

/// Immutable once made; may be used by several threads.
class Kernels {
 public:
  /// Those of a device: compiled on the first call, which takes about half a second, and kept until
  /// the process ends. Null where they cannot be had, `failure_of()` says why.
  static const Kernels *of(const c10::Device &device);
  static std::string failure_of(const c10::Device &device);

  /// out: [3, height, width]
  void preprocess(const kernel::Frame &frame, int height, int width, float *out) const;
  /// picture: [3, height, width] -> weights: [8 x dilations, height, width]
  void refine_weights(const float *picture, int height, int width,
                      const kernel::Dilations &dilations, float *weights) const;
  /// scores, out: [channels, height, width]
  void refine_step(const float *scores, const float *weights, int height, int width,
                   const kernel::Dilations &dilations, int channels, float *out) const;
  /// labels: [height, width] of one or two bytes; sums: [2, regions], zero.
  void decode(const kernel::ScoreMap &map, const kernel::Decoding &decoding, int regions,
              int bytes_per_label, unsigned char *labels, kernel::Wide *sums) const;

 private:
  explicit Kernels(const c10::Device &device);

  template <class Arguments>
  void launch(Function function, KernelGrid grid, std::size_t shared_bytes,
              Arguments arguments) const;

  c10::Device device_;
  Function preprocess_ = nullptr, weights_ = nullptr, decode_ = nullptr;
  std::array<Function, 4> steps_{};  // for 1, 2, 3 and any number of dilations
};

}  // namespace naclip::cuda
