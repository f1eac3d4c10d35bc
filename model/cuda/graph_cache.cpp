#include "model/cuda/graph_cache.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <utility>

namespace naclip::cuda {

namespace {

// Each holds its pictures and its outcome; activations are shared. Four sizes of pictures at batches
// of 1, 2, 4, 8 and 16.
constexpr std::size_t kGraphsKept = 20;
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
  std::int64_t batch;
  Network network;
  std::size_t failures = 0;
  int runs_to_next_try = 1;      // the first run warms up libraries
  at::Tensor pictures;           // [batch, ...], at a fixed address
  at::Tensor outcome;            // the graph's own
  std::unique_ptr<Graph> graph;  // goes first
};

GraphCache::GraphCache(MakeGraph make_graph, Log log)
    : make_graph_(std::move(make_graph)), log_(std::move(log)) {}
GraphCache::~GraphCache() = default;

int GraphCache::graphs() const {
  return static_cast<int>(std::count_if(entries_.begin(), entries_.end(),
                                        [](const Entry &entry) { return entry.graph != nullptr; }));
}

GraphCache::Entry &GraphCache::entry_of(const NetworkKey &key, std::int64_t batch,
                                        const at::Tensor &picture,
                                        const std::function<Network()> &make) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry &entry) {
    return entry.batch == batch && entry.key == key;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front();
  }
  if (entries_.size() >= kGraphsKept) entries_.pop_back();
  Entry entry;
  entry.key = key;
  entry.batch = batch;
  entry.network = make();
  std::vector<std::int64_t> shape = picture.sizes().vec();
  shape.front() = batch;
  entry.pictures = at::zeros(shape, picture.options());
  entries_.push_front(std::move(entry));
  return entries_.front();
}

bool GraphCache::capture(Entry &entry) {
  std::unique_ptr<Graph> graph;
  try {
    graph = make_graph_();
    graph->capture([&entry] { entry.outcome = entry.network(entry.pictures); });
  } catch (const std::exception &error) {
    entry.outcome = at::Tensor();
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

at::Tensor GraphCache::run(const NetworkKey &key, std::span<const at::Tensor> pictures,
                           const std::function<Network()> &make) {
  const auto batch = static_cast<std::int64_t>(std::bit_ceil(pictures.size()));
  Entry &entry = entry_of(key, batch, pictures.front(), make);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    entry.pictures.narrow(0, static_cast<std::int64_t>(i), 1)
        .copy_(pictures[i], /*non_blocking=*/true);
  if (entry.graph == nullptr && !(entry.runs_to_next_try == 0 && capture(entry))) {
    at::Tensor outcome = entry.network(entry.pictures);
    if (entry.runs_to_next_try > 0) --entry.runs_to_next_try;
    return outcome;
  }
  entry.graph->replay();
  return entry.outcome;
}

}  // namespace naclip::cuda
