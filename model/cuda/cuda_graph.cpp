#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <torch/version.h>

#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
#include <ATen/core/CachingHostAllocator.h>
#endif

#include <memory>
#include <mutex>

#include "model/cuda/graph_cache.h"

namespace naclip::cuda {

namespace {

using PoolId = decltype(at::cuda::graph_pool_handle());

template <class Work>
bool succeeds(const Work &work) noexcept {
  try {
    work();
    return true;
  } catch (const std::exception &) {
    return false;
  }
}

// libtorch's allocator of device memory and, from 2.11 on, that of pinned memory know pools of
// graphs. Both count a pool's users: a capture is one from its beginning until it is released, and
// a pool without users cannot be taken up again.

struct DeviceAllocator {
  c10::DeviceIndex device;

  void begin(PoolId pool) const {
    c10::cuda::CUDACachingAllocator::beginAllocateToPool(device, pool,
                                                         [](cudaStream_t) { return false; });
  }
  void end(PoolId pool) const { c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool); }
  void release(PoolId pool) const { c10::cuda::CUDACachingAllocator::releasePool(device, pool); }
};

struct PinnedAllocator {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 11
  static at::HostAllocator &get() {
    return *at::getHostAllocator(at::kCUDA);
  }
  void begin(PoolId pool) const {
    get().begin_allocate_to_pool(pool, [](c10::Stream) { return false; });
  }
  void end(PoolId pool) const {
    get().end_allocate_to_pool(pool);
  }
  void release(PoolId pool) const {
    get().release_pool(pool);
  }
#else
  void begin(PoolId) const {}
  void end(PoolId) const {}
  void release(PoolId) const {}
#endif
};

/// The memory of graphs, kept from one to the next.
class Pool {
 public:
  explicit Pool(c10::DeviceIndex device) : device_{device} {
    // A use of its own, in which nothing is allocated.
    device_.begin(id_);
    device_.end(id_);
    pinned_.begin(id_);
    pinned_.end(id_);
  }
  ~Pool() {
    succeeds([&] { device_.release(id_); });
    succeeds([&] { pinned_.release(id_); });
  }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  const PoolId &id() const { return id_; }

  /// Ends what a failed capture left begun, and takes its use back.
  void give_up_capture() const noexcept {
    if (succeeds([&] { device_.end(id_); })) succeeds([&] { device_.release(id_); });
    if (succeeds([&] { pinned_.end(id_); })) succeeds([&] { pinned_.release(id_); });
  }

 private:
  const PoolId id_ = at::cuda::graph_pool_handle();
  const DeviceAllocator device_;
  const PinnedAllocator pinned_{};
};

/// One at a time in the process: captures register with the device's random generator, whose list
/// has no lock.
std::mutex capturing;

/// Ends the capture on every way out: a stream that stays in capture would refuse all further work,
/// and allocators that believe in one give nothing back to the device.
class Capture {
 public:
  Capture(at::cuda::CUDAGraph &graph, const Pool &pool) : graph_(graph), pool_(pool) {
    try {
      // Other threads, GStreamer's decoders among them, may allocate meanwhile.
      graph_.capture_begin(pool_.id(), cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      pool_.give_up_capture();
      throw;
    }
    running_ = true;
  }
  ~Capture() {
    if (!running_) return;
    // The capture has failed, and why is being told; what follows may fail for the same reason.
    succeeds([&] { graph_.capture_end(); });
    // Where the capture itself was ended well, the graph gives back what it took.
    if (!succeeds([&] { graph_.pool(); })) pool_.give_up_capture();
  }
  Capture(const Capture &) = delete;
  Capture &operator=(const Capture &) = delete;

  void end() {
    graph_.capture_end();
    running_ = false;
  }

 private:
  const std::lock_guard<std::mutex> lock_{capturing};
  at::cuda::CUDAGraph &graph_;
  const Pool &pool_;
  bool running_ = false;
};

class CudaGraph final : public Graph {
 public:
  explicit CudaGraph(std::shared_ptr<const Pool> pool) : pool_(std::move(pool)) {}

  void capture(const std::function<void()> &work) override {
    Capture capture(graph_, *pool_);
    work();
    capture.end();
  }
  void replay() override { graph_.replay(); }

 private:
  const std::shared_ptr<const Pool> pool_;
  at::cuda::CUDAGraph graph_;  // goes first
};

}  // namespace

std::function<std::unique_ptr<Graph>()> cuda_graph_maker(const at::Device &device) {
  return [pool = std::make_shared<const Pool>(device.index())] {
    return std::make_unique<CudaGraph>(pool);
  };
}

}  // namespace naclip::cuda
