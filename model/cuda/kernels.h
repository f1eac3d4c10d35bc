// The compiled kernels on one device, launched on the current stream.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <array>
#include <string>

#include "model/cuda/decode.cuh"
#include "model/cuda/driver.h"
#include "model/cuda/kernel_grids.h"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/refine.cuh"
#include "model/cuda/windows.cuh"

namespace naclip::cuda {

/// Immutable once made; may be used by several threads.
class Kernels {
 public:
  /// Those of a device: compiled on the first call, which takes about half a second, and kept until
  /// the process ends. Null where they cannot be had, `failure_of()` says why, and where it is no GPU.
  static const Kernels *of(const c10::Device &device);
  static std::string failure_of(const c10::Device &device);

  /// out: [3, height, width]
  void preprocess(const kernel::Frame &frame, int height, int width, float *out) const;

  /// plane: `step` bytes a pixel, rows `stride` bytes apart -> out: [height, width, step], means of
  /// factor x factor pixels
  void shrink(const unsigned char *plane, std::ptrdiff_t stride, int step, int factor, int height,
              int width, unsigned char *out) const;

  /// A grid of windows' scores -> the pictures' scores, [pictures, height, width, queries].
  void stitch(const kernel::WindowGrids &grids, int pictures, int height, int width,
              float *out) const;

  /// Maps that are refined: so many pictures of one size.
  struct Maps {
    int pictures, height, width;
    kernel::Dilations dilations;
  };
  /// picture: [pictures, 3, height, width] -> weights: [pictures, 8 x dilations, height, width], or
  /// halves: [pictures, height, width, 8 x dilations] where it is not null; `weights` is then of no
  /// use.
  void refine_weights(const Maps &maps, const float *picture, float *weights,
                      kernel::Half *halves) const;
  /// scores, out: [pictures, channels, height, width]
  void refine_step(const Maps &maps, const float *scores, const float *weights, int channels,
                   float *out) const;
  /// The scores less the picture's one of `zeros` at the maps' size: out: [pictures, height, width,
  /// packs]
  void stretch_half(const Maps &maps, const kernel::ScoreMap<float> &scores, const float *zeros,
                    int packs, kernel::Pack<kernel::Half> *out) const;
  /// scores, out: [pictures, height, width, packs]
  void refine_step_half(const Maps &maps, const kernel::Pack<kernel::Half> *scores,
                        const kernel::Pack<kernel::Half> *weights, int packs,
                        kernel::Pack<kernel::Half> *out) const;

  /// What decoding writes. sums: [pictures, 2, regions], zero before.
  struct Decoded {
    int pictures, regions, bytes_per_label;
    unsigned char *labels;  ///< [pictures, height, width] of one or two bytes
    kernel::Wide *sums;
  };
  void decode(const kernel::ScoreMap<float> &map, const kernel::Decoding &decoding,
              const Decoded &decoded) const;
  void decode(const kernel::ScoreMap<kernel::Half> &map, const kernel::Decoding &decoding,
              const Decoded &decoded) const;

  // Tensors of float32, bfloat16 or float16, which `type` names, in packs of kPackBytes.
  static constexpr int kPackBytes = sizeof(kernel::Pack<float>);

  /// x += delta, and out = LayerNorm of x. x, delta, out: [rows, packs]; weight, bias: [packs]
  void add_and_normalise(c10::ScalarType type, void *x, const void *delta, const void *weight,
                         const void *bias, int rows, int packs, void *out) const;
  /// x: [packs]
  void quick_gelu(c10::ScalarType type, void *x, int packs) const;
  void gelu(c10::ScalarType type, void *x, int packs) const;

 private:
  explicit Kernels(const c10::Device &device);

  template <class Arguments>
  void launch(Function function, KernelGrid grid, std::size_t shared_bytes,
              Arguments arguments) const;

  template <class Score>
  void decode(Function function, const kernel::ScoreMap<Score> &map,
              const kernel::Decoding &decoding, const Decoded &decoded) const;

  /// Those of one type of elements.
  struct Transformer {
    Function add_and_normalise = nullptr, quick_gelu = nullptr, gelu = nullptr;
  };
  const Transformer &of_type(c10::ScalarType type) const;

  c10::Device device_;
  Function preprocess_ = nullptr, shrink_ = nullptr, stitch_ = nullptr, weights_ = nullptr,
           stretch_half_ = nullptr, step_half_ = nullptr, decode_ = nullptr, decode_half_ = nullptr;
  std::array<Function, 4> steps_{};  // for 1, 2, 3 and any number of dilations
  Transformer float32_, bfloat16_, float16_;
};

}  // namespace naclip::cuda
