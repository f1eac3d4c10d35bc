#include "model/cuda/graph_cache.h"

#include <algorithm>
#include <utility>

namespace naclip::cuda {

namespace {

// Each holds the network's activations for its shape; a stream has one shape, or two while its size
// changes.
constexpr std::size_t kShapesKept = 4;

}  // namespace

struct GraphCache::Entry {
  NetworkKey key;
  Network network;
  bool warm = false;
  Tensors inputs, outputs;       // the graph's own, at fixed addresses
  std::unique_ptr<Graph> graph;  // goes first
};

GraphCache::GraphCache(MakeGraph make_graph, Log log)
    : make_graph_(std::move(make_graph)), log_(std::move(log)) {}
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
  for (const at::Tensor &input : inputs)
    entry.inputs.push_back(input.clone(at::MemoryFormat::Contiguous));
  std::unique_ptr<Graph> graph = make_graph_();
  try {
    graph->capture([&entry] { entry.outputs = entry.network(entry.inputs); });
  } catch (const std::exception &error) {
    can_capture_ = false;
    entry.inputs.clear();
    entry.outputs.clear();
    if (log_)
      log_(LogLevel::kInfo,
           Error(ErrorKind::kDevice,
                 std::string("No CUDA graph could be captured; the network runs step by step: ") +
                     error.what()));
    return false;
  }
  entry.graph = std::move(graph);
  if (log_) log_(LogLevel::kDebug, Error(ErrorKind::kDevice, "Captured a CUDA graph"));
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
