#include "model/cuda/graph_cache.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace naclip::cuda {

namespace {

// Each holds the network's activations for its shape; a stream has one shape, or two while its size
// changes.
constexpr std::size_t kShapesKept = 4;
// Runs of a key before the next try, after each of its captures that failed.
constexpr std::array kRunsToNextTry{10, 100};
constexpr int kNever = -1;  // after those

/// What libtorch throws has its call stack on further lines.
std::string first_line(const char *text) {
  const std::string_view whole(text);
  return std::string(whole.substr(0, whole.find('\n')));
}

}  // namespace

struct GraphCache::Entry {
  NetworkKey key;
  Network network;
  std::size_t failures = 0;
  int runs_to_next_try = 1;      // the first run warms up libraries
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
  std::unique_ptr<Graph> graph;
  try {
    for (const at::Tensor &input : inputs)
      entry.inputs.push_back(input.clone(at::MemoryFormat::Contiguous));
    graph = make_graph_();
    graph->capture([&entry] { entry.outputs = entry.network(entry.inputs); });
  } catch (const std::exception &error) {
    entry.inputs.clear();
    entry.outputs.clear();
    entry.runs_to_next_try =
        entry.failures < kRunsToNextTry.size() ? kRunsToNextTry[entry.failures] : kNever;
    ++entry.failures;
    if (log_ && !std::exchange(warned_, true))
      log_(LogLevel::kWarning,
           Error(ErrorKind::kDevice,
                 "A CUDA graph could not be captured; the network runs step by step, slower: " +
                     first_line(error.what())));
    return false;
  }
  entry.graph = std::move(graph);
  if (log_) log_(LogLevel::kDebug, Error(ErrorKind::kDevice, "Captured a CUDA graph"));
  return true;
}

Tensors GraphCache::run(const NetworkKey &key, const Tensors &inputs,
                        const std::function<Network()> &make) {
  Entry &entry = entry_of(key, make);
  if (entry.graph == nullptr && !(entry.runs_to_next_try == 0 && capture(entry, inputs))) {
    Tensors outputs = entry.network(inputs);
    if (entry.runs_to_next_try > 0) --entry.runs_to_next_try;
    return outputs;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    entry.inputs[i].copy_(inputs[i], /*non_blocking=*/true);
  entry.graph->replay();
  return entry.outputs;
}

}  // namespace naclip::cuda
