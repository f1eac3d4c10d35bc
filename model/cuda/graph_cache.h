// The network as CUDA graphs, one for each size of pictures and each of a few sizes of batches:
// hundreds of small kernels are started by one call.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <list>
#include <memory>

#include "model/cuda/runner.h"
#include "model/options.h"

namespace naclip::cuda {

/// Work that was captured once and can be done again, on the same memory.
class Graph {
 public:
  virtual ~Graph() = default;
  /// Records what `work` gives to the current stream. Throws where it cannot be recorded; the
  /// stream is then as it was before.
  virtual void capture(const std::function<void()> &work) = 0;
  virtual void replay() = 0;
};

/// Makes CUDA graphs that share their memory: for graphs that are replayed one after another on one
/// stream, each of whose outcome is read before another is replayed. The memory is the device's
/// again once the function and all its graphs are gone. device: the one that is current when graphs
/// are made.
std::function<std::unique_ptr<Graph>()> cuda_graph_maker(const at::Device &device);

/// Used by one thread at a time, on one stream that is not the default one. Knows nothing of CUDA
/// itself.
class GraphCache {
 public:
  using MakeGraph = std::function<std::unique_ptr<Graph>()>;

  GraphCache(MakeGraph make_graph, Log log);
  ~GraphCache();

  /// What the network of `key` makes of `pictures`, [1, ...] each, on the current stream. They go
  /// into the first places of a batch of 1, 2, 4, 8, ... pictures, so that streams which come and go
  /// find a graph that fits; what lies in the other places and comes of them is of no use. The first
  /// time for a key and a batch `make` is asked for a network, which is kept with all that it holds,
  /// and run as it is; that also warms up libraries. From the second time on a graph of it is
  /// replayed. The outcome, [batch x parts, ...], is overwritten by the next run. Where a graph
  /// cannot be captured, which may have a passing reason, the network is run as it is; it is tried
  /// again after 10 and after 100 more runs of that key and batch, and the log warns once.
  at::Tensor run(const NetworkKey &key, std::span<const at::Tensor> pictures,
                 const std::function<Network()> &make);

  /// Graphs captured and alive.
  int graphs() const;

 private:
  struct Entry;

  Entry &entry_of(const NetworkKey &key, std::int64_t batch, const at::Tensor &picture,
                  const std::function<Network()> &make);
  bool capture(Entry &entry);

  MakeGraph make_graph_;
  Log log_;
  bool warned_ = false;
  std::list<Entry> entries_;  // used last, first
};

}  // namespace naclip::cuda
