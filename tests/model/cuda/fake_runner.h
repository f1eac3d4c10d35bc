// A runner without a GPU: work runs where it is given, and graphs are replaced by a stand-in.
#pragma once

#include <memory>
#include <stdexcept>

#include "model/cuda/graph_cache.h"
#include "model/stages/preprocess.h"

namespace naclip::testing {

struct GraphCounts {
  int made = 0, alive = 0, replays = 0;
  bool refuse = false;  ///< to be captured
};

/// Records the work itself. Like a CUDA graph it knows nothing but the memory that it was captured
/// on.
class StandInGraph final : public cuda::Graph {
 public:
  explicit StandInGraph(GraphCounts &counts) : counts_(counts) {
    ++counts_.made;
    ++counts_.alive;
  }
  ~StandInGraph() override { --counts_.alive; }
  void capture(const std::function<void()> &work) override {
    work();
    if (counts_.refuse) throw std::runtime_error("not permitted\nframe #0: somewhere\n");
    work_ = work;
  }
  void replay() override {
    ++counts_.replays;
    work_();
  }

 private:
  GraphCounts &counts_;
  std::function<void()> work_;
};

class FakeRunner final : public cuda::Runner {
 public:
  explicit FakeRunner(GraphCounts &counts)
      : graphs_([&counts] { return std::make_unique<StandInGraph>(counts); }, {}) {}

  bool has_kernels() const override { return false; }
  void in_order(const std::function<void()> &work) override { work(); }
  void aside(const std::function<void()> &work) override { work(); }
  at::Tensor preprocess(const Picture &picture, PictureSize size) override {
    return naclip::preprocess(picture, size);
  }
  at::Tensor prepare(const Picture &picture, PictureSize size) override {
    return naclip::preprocess(picture, size);
  }
  std::vector<std::uint8_t> shrink(const Picture &, int) override { return {}; }
  at::Tensor network(const cuda::NetworkKey &key, std::span<const at::Tensor> pictures,
                     const std::function<cuda::Network()> &make) override {
    return graphs_.run(key, pictures, make);
  }

 private:
  cuda::GraphCache graphs_;
};

}  // namespace naclip::testing
