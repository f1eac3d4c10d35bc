// How a GPU is driven: a stream of our own, the network as a graph, pictures preprocessed where
// they lie. Plain declarations: a build without CUDA has them too, and never gets a runner.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <vector>

#include "model/options.h"
#include "model/picture.h"

namespace naclip::cuda {

using Tensors = std::vector<at::Tensor>;
/// Computes tensors from tensors with no other state, in kernels alone: nothing in it may wait for
/// the device once it has run.
using Network = std::function<Tensors(const Tensors &)>;
/// Whatever the shapes and the work depend on.
using NetworkKey = std::vector<std::int64_t>;

class Runner {
 public:
  /// Null where `device` is no GPU, or this build has no CUDA part. Compiles the kernels; where
  /// that fails the plain forms run, and the log says why. Throws Error{kDevice}.
  static std::unique_ptr<Runner> on(const at::Device &device, Log log);
  virtual ~Runner() = default;

  /// Whether the kernels could be had. Without them pictures have to lie in host memory.
  virtual bool has_kernels() const = 0;

  /// Runs `work` with all that it gives to the device going to the runner's own stream; the default
  /// stream is not touched. One call at a time.
  virtual void in_order(const std::function<void()> &work) = 0;

  /// Runs `work` on a second stream and waits until the device is done with it; beside in_order()
  /// of another thread.
  virtual void aside(const std::function<void()> &work) = 0;

  /// naclip::preprocess() on the device; pictures of host and device memory. Within in_order().
  virtual at::Tensor preprocess(const Picture &picture, PictureSize size) = 0;

  /// The same on a stream of its own, waiting until it is done; beside in_order() and aside() of
  /// other threads.
  virtual at::Tensor prepare(const Picture &picture, PictureSize size) = 0;

  /// What the network of `key` makes of `inputs`: as it is the first time, from then on as a CUDA
  /// graph; see GraphCache::run(). Within in_order().
  virtual Tensors network(const NetworkKey &key, const Tensors &inputs,
                          const std::function<Network()> &make) = 0;
};

}  // namespace naclip::cuda
