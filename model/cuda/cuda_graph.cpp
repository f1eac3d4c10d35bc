#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include "model/cuda/graph_cache.h"

namespace naclip::cuda {

namespace {

/// Ends the capture on every way out: a stream that stays in capture would refuse all further work,
/// and an allocator that believes in one gives nothing back to the device.
class Capture {
 public:
  explicit Capture(at::cuda::CUDAGraph &graph)
      : graph_(graph), device_(c10::cuda::current_device()), pool_(at::cuda::graph_pool_handle()) {
    // Other threads, GStreamer's decoders among them, may allocate meanwhile.
    graph_.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
    running_ = true;
  }
  ~Capture() {
    if (!running_) return;
    // The capture has failed, and why is being told; what follows may fail for the same reason.
    quietly([&] { graph_.capture_end(); });
    quietly([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device_, pool_); });
  }
  Capture(const Capture &) = delete;
  Capture &operator=(const Capture &) = delete;

  void end() {
    graph_.capture_end();
    running_ = false;
  }

 private:
  template <class Work>
  static void quietly(const Work &work) {
    try {
      work();
    } catch (const std::exception &) {
    }
  }

  at::cuda::CUDAGraph &graph_;
  c10::DeviceIndex device_;
  decltype(at::cuda::graph_pool_handle()) pool_;
  bool running_ = false;
};

class CudaGraph final : public Graph {
 public:
  void capture(const std::function<void()> &work) override {
    Capture capture(graph_);
    work();
    capture.end();
  }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<Graph> make_cuda_graph() {
  return std::make_unique<CudaGraph>();
}

}  // namespace naclip::cuda
