// Work on a GPU in a stream of our own.
#pragma once

#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace naclip::cuda {

/// While it lives, the context that libtorch computes in is this thread's current one.
class PushedContext {
 public:
  explicit PushedContext(const c10::Device &device);
  ~PushedContext();
  PushedContext(const PushedContext &) = delete;
  PushedContext &operator=(const PushedContext &) = delete;
};

/// A stream that nobody else uses, and that the default stream does not wait for: libtorch hands
/// out 32 of its own in turn, then the first again.
class OwnStream {
 public:
  /// urgent: its kernels go before those of streams that are not. Throws Error{kInference |
  /// kMemory}.
  OwnStream(const c10::Device &device, bool urgent);
  /// Waits for what was given to it, and gives the memory that was freed on it back to the device:
  /// libtorch would keep it for this stream.
  ~OwnStream();
  OwnStream(const OwnStream &) = delete;
  OwnStream &operator=(const OwnStream &) = delete;

  const c10::cuda::CUDAStream &get() const { return stream_; }

 private:
  c10::cuda::CUDAStream stream_;
};

/// While it lives, this thread's work on the device goes to `stream` and the context that libtorch
/// computes in is the current one, whichever was before; both are put back. GStreamer's threads may
/// have another context, or none, and the driver's own functions ask for the right one.
class DeviceScope {
 public:
  explicit DeviceScope(const c10::cuda::CUDAStream &stream);
  ~DeviceScope();
  DeviceScope(const DeviceScope &) = delete;
  DeviceScope &operator=(const DeviceScope &) = delete;

 private:
  // Pushed first and popped last.
  PushedContext context_;
  c10::StreamGuard guard_;
};

/// Waits until all that was given to the device's current stream is done. Throws Error{kInference |
/// kMemory}.
void synchronize(const c10::Device &device);

}  // namespace naclip::cuda
