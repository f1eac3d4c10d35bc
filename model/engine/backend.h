// How frames go through a network on one kind of device. What does not depend on the device is in
// TorchSegmenter.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <span>

#include "model/cuda/runner.h"
#include "model/machine/device.h"
#include "model/network/clip_vision.h"
#include "model/options.h"
#include "model/picture.h"

namespace naclip {

/// Below some sixteen frames a GPU is half idle; more gain nothing.
inline constexpr int kGpuBatch = 16;

class Backend {
 public:
  /// The words of a batch's picture, [Q, D] on the device.
  using QueriesOf = std::function<at::Tensor(std::size_t picture)>;
  /// Takes the scores of pictures `first` to `first + count - 1`, which have the same words,
  /// [count, Q, h, w]: the grid of a picture's patches where one window covers it, else the windows
  /// put together at the input's size.
  using TakeScores =
      std::function<void(std::size_t first, std::size_t count, const at::Tensor &scores)>;

  virtual ~Backend() = default;

  /// Runs `work`, which loads a model.
  virtual void load(const std::function<void()> &work) = 0;

  /// Runs `work` where the device's work is done; one call at a time.
  virtual void in_order(const std::function<void()> &work) = 0;

  /// Runs `work`, which encodes words, beside in_order() of another thread, and waits until the
  /// device is done with it.
  virtual void aside(const std::function<void()> &work) = 0;

  /// Frames that it pays to segment together.
  virtual int batch() const = 0;

  /// Whether it reads pictures that lie in its device's memory.
  virtual bool reads_device_memory() const = 0;

  /// A frame as the network's input, [1, 3, height, width] float32; beside all else.
  virtual at::Tensor prepare(const Picture &picture, PictureSize size) = 0;
  /// The same within in_order().
  virtual at::Tensor preprocess(const Picture &picture, PictureSize size) = 0;

  /// As Segmenter::shrink(), where it reads pictures in its device's memory; beside all else.
  virtual std::vector<std::uint8_t> shrink(const Picture &picture, int factor) = 0;

  /// Scores pictures of one size, [1, 3, H, W] each, within in_order(): asks for their words as late
  /// as it can, and hands scores over in the pictures' order, good until take() returns.
  virtual void score(ClipVision &vision, std::span<const at::Tensor> pictures,
                     const InferenceOptions &options, const QueriesOf &queries,
                     const TakeScores &take) = 0;
};

/// threads: as ModelOptions::threads.
std::unique_ptr<Backend> make_cpu_backend(const Compute &compute, int threads);

/// Null where the device is no GPU, or this build has no kernels for it: the CPU's backend then has
/// libtorch compute on that device.
std::unique_ptr<Backend> make_gpu_backend(const Compute &compute, const Log &log);

/// The GPU's, on a runner of the caller's.
std::unique_ptr<Backend> make_gpu_backend(std::unique_ptr<cuda::Runner> runner);

}  // namespace naclip
