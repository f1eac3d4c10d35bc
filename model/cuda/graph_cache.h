// The network as CUDA graphs, one for each shape: hundreds of small kernels are started by one
// call.
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

/// A CUDA graph.
std::unique_ptr<Graph> make_cuda_graph();

/// Used by one thread at a time, on one stream that is not the default one. Knows nothing of CUDA
/// itself.
class GraphCache {
 public:
  using MakeGraph = std::function<std::unique_ptr<Graph>()>;

  GraphCache(MakeGraph make_graph, Log log);
  ~GraphCache();

  /// What the network of `key` makes of `inputs`, on the current stream. The first time for a key
  /// `make` is asked for a network, which is kept with all that it holds, and run as it is; that
  /// also warms up libraries. From the second time on a graph of it is replayed. The outcome is
  /// overwritten by the next replay. Where a graph cannot be captured, the network goes on being
  /// run as it is, and the log says so once.
  Tensors run(const NetworkKey &key, const Tensors &inputs, const std::function<Network()> &make);

  /// Graphs captured and alive.
  int graphs() const;

 private:
  struct Entry;

  Entry &entry_of(const NetworkKey &key, const std::function<Network()> &make);
  bool capture(Entry &entry, const Tensors &inputs);

  MakeGraph make_graph_;
  Log log_;
  bool can_capture_ = true;
  std::list<Entry> entries_;  // used last, first
};

}  // namespace naclip::cuda
