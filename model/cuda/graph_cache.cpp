#include "cuda/graph_cache.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <algorithm>
#include <utility>

namespace naclip::cuda {

namespace {

// Each holds the network's activations for its shape; a stream has one shape, or two while its size changes.
constexpr std::size_t kShapesKept = 4;

/// Ends the capture on every way out: a stream that stays in capture would refuse all further work, and an
/// allocator that believes in one gives nothing back to the device.
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

}  // namespace

struct GraphCache::Entry {
  NetworkKey key;
  Network network;
  bool warm = false;
  Tensors inputs, outputs;                     // the graph's own, at fixed addresses
  std::unique_ptr<at::cuda::CUDAGraph> graph;  // goes first
};

GraphCache::GraphCache(Log log) : log_(std::move(log)) {}
GraphCache::~GraphCache() = default;

int GraphCache::graphs() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(),
                                        [](const Entry &entry) { return entry.graph != nullptr; }));
}

GraphCache::Entry &GraphCache::entry_of(const NetworkKey &key,
                                        const std::function<Network()> &make) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry &entry) { return entry.key == key; });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  if (entries_.size() >= kShapesKept) entries_.pop_back();
  Entry entry;
  entry.key = key;
  entry.network = make();
  entries_.push_front(std::move(entry));
  return entries_.front();
}

bool GraphCache::capture(Entry &entry, const Tensors &inputs) {
  Tensors own;
  for (const at::Tensor &input : inputs) own.push_back(input.clone(at::MemoryFormat::Contiguous));
  auto graph = std::make_unique<at::cuda::CUDAGraph>();
  try {
    Capture capture(*graph);
    entry.outputs = entry.network(own);
    capture.end();
  } catch (const std::exception &error) {
    can_capture_ = false;
    entry.outputs.clear();
    if (log_)
      log_(LogLevel::kInfo,
           std::string("No CUDA graph could be captured; the network runs step by step: ") +
               error.what());
    return false;
  }
  entry.inputs = std::move(own);
  entry.graph = std::move(graph);
  if (log_) log_(LogLevel::kDebug, "Captured a CUDA graph");
  return true;
}

Tensors GraphCache::run(const NetworkKey &key, const Tensors &inputs,
                        const std::function<Network()> &make) {
  Entry &entry = entry_of(key, make);
  const bool replayable =
      entry.graph != nullptr || (entry.warm && can_capture_ && capture(entry, inputs));
  if (!replayable) {
    entry.warm = true;
    return entry.network(inputs);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    entry.inputs[i].copy_(inputs[i], /*non_blocking=*/true);
  entry.graph->replay();
  return entry.outputs;
}

}  // namespace naclip::cuda
