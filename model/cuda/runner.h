// How a GPU is driven: a stream of our own, the network as a graph, pictures preprocessed where
// they lie. Plain declarations: a build without CUDA has them too, and never gets a runner.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/options.h"
#include "model/picture.h"

namespace naclip::cuda {

/// A batch of pictures, [B, 3, H, W] -> [B x parts, ...], in kernels alone: nothing in it may wait
/// for the device once it has run.
using Network = std::function<at::Tensor(const at::Tensor &pictures)>;
/// Whatever the work depends on beside the number of pictures.
using NetworkKey = std::vector<std::int64_t>;

class Runner {
 public:
  /// Null where `device` is no GPU, or this build has no CUDA part. Compiles the kernels; where
  /// that fails the plain forms run, and the log says why. Throws Error{kDevice}.
  static std::unique_ptr<Runner> on(const at::Device &device, Log log);
  virtual ~Runner() = default;

  /// Whether the kernels could be had. Without them pictures have to lie in host memory.
  virtual bool has_kernels() const = 0;

  /// Runs `work` on the runner's own thread, with all that it gives to the device going to its own
  /// stream, and waits for it; the default stream is not touched. One call at a time.
  virtual void in_order(const std::function<void()> &work) = 0;

  /// Runs `work` on a second stream and waits until the device is done with it; beside in_order()
  /// of another thread.
  virtual void aside(const std::function<void()> &work) = 0;

  /// naclip::preprocess() on the device; pictures of host and device memory. Within in_order().
  virtual at::Tensor preprocess(const Picture &picture, PictureSize size) = 0;

  /// The same on a stream of its own, waiting until it is done; beside in_order() and aside() of
  /// other threads.
  virtual at::Tensor prepare(const Picture &picture, PictureSize size) = 0;

  /// Segmenter::shrink(), where prepare() runs.
  virtual std::vector<std::uint8_t> shrink(const Picture &picture, int factor) = 0;

  /// What the network of `key` makes of pictures of one size, [1, 3, H, W] each: as it is the first
  /// time, from then on as a CUDA graph; see GraphCache::run(). Within in_order().
  virtual at::Tensor network(const NetworkKey &key, std::span<const at::Tensor> pictures,
                             const std::function<Network()> &make) = 0;
};

}  // namespace naclip::cuda
