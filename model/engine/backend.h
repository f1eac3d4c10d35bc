// How frames go through a network on one kind of device. What does not depend on the device is in
// TorchSegmenter.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>

#include "model/machine/device.h"
#include "model/network/clip_vision.h"
#include "model/options.h"
#include "model/picture.h"

namespace naclip {

class Backend {
 public:
  /// The words of a batch's picture, [Q, D] on the device.
  using QueriesOf = std::function<at::Tensor(std::size_t picture)>;
  /// Takes a picture's scores, [1, Q, h, w]: the grid of its patches where one window covers it,
  /// else the windows put together at the input's size.
  using TakeScores = std::function<void(std::size_t picture, const at::Tensor &scores)>;

  virtual ~Backend() = default;

  /// Runs `work`, which loads a model.
  virtual void load(const std::function<void()> &work) = 0;

  /// Runs `work` where the device's work is done; one call at a time.
  virtual void in_order(const std::function<void()> &work) = 0;

  /// Runs `work`, which encodes words, beside in_order() of another thread, and waits until the
  /// device is done with it.
  virtual void aside(const std::function<void()> &work) = 0;

  /// Whether it reads pictures that lie in its device's memory.
  virtual bool reads_device_memory() const = 0;

  /// A frame as the network's input, [1, 3, height, width] float32; beside all else.
  virtual at::Tensor prepare(const Picture &picture, PictureSize size) = 0;
  /// The same within in_order().
  virtual at::Tensor preprocess(const Picture &picture, PictureSize size) = 0;

  /// Whether all pictures of a call of score() have one vocabulary.
  virtual bool one_vocabulary_a_batch() const = 0;

  /// Scores pictures of one size, [B, 3, H, W], within in_order(): asks for each picture's words as
  /// late as it can, and hands its scores over before it asks for the next one's.
  virtual void score(ClipVision &vision, const at::Tensor &input, const InferenceOptions &options,
                     const QueriesOf &queries, const TakeScores &take) = 0;
};

/// threads: as ModelOptions::threads.
std::unique_ptr<Backend> make_cpu_backend(const Compute &compute, int threads);

/// Null where the device is no GPU, or this build has no kernels for it: the CPU's backend then has
/// libtorch compute on that device.
std::unique_ptr<Backend> make_gpu_backend(const Compute &compute, const Log &log);

}  // namespace naclip
