// How graphs are kept and given up, with a stand-in for CUDA's.
#include "model/cuda/graph_cache.h"

#include <gtest/gtest.h>

namespace naclip::cuda {
namespace {

struct Counts {
  int made = 0, alive = 0, replays = 0;
  bool refuse = false;
};

/// Records the work itself. Like a CUDA graph it knows nothing but the memory that it was captured
/// on.
class StandIn final : public Graph {
 public:
  explicit StandIn(Counts &counts) : counts_(counts) {
    ++counts_.made;
    ++counts_.alive;
  }
  ~StandIn() override { --counts_.alive; }
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
  Counts &counts_;
  std::function<void()> work_;
};

class GraphCaching : public ::testing::Test {
 protected:
  /// Twice the input, through the cache.
  at::Tensor doubled(const NetworkKey &key, const at::Tensor &input) {
    return cache_.run(key, {input}, [&]() -> Network {
      ++networks_;
      return [](const Tensors &inputs) -> Tensors { return {inputs[0] * 2.0}; };
    })[0];
  }

  Counts counts_;
  std::string said_;
  int networks_ = 0, warnings_ = 0;
  GraphCache cache_{[this] { return std::make_unique<StandIn>(counts_); },
                    [this](LogLevel level, const Error &line) {
                      if (level != LogLevel::kDebug) said_ += std::string(line.what()) + "\n";
                      if (level == LogLevel::kWarning) ++warnings_;
                    }};
};

TEST_F(GraphCaching, CapturesAtTheSecondUseAndReplaysOnEachInput) {
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = at::full({2, 3}, i);
    EXPECT_TRUE(doubled({1}, input).equal(input * 2.0)) << i;
  }
  EXPECT_EQ(networks_, 1);
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 4);
}

TEST_F(GraphCaching, TheCallersInputIsNotWrittenByLaterCalls) {
  const at::Tensor first = at::ones({4}), second = at::zeros({4}), third = at::full({4}, 7.0);
  for (const at::Tensor &input : {first, second, third}) doubled({1}, input);
  EXPECT_TRUE(first.equal(at::ones({4})));
  EXPECT_TRUE(second.equal(at::zeros({4})));
}

TEST_F(GraphCaching, AShapeUsedOnceIsNeverCaptured) {
  for (std::int64_t size = 1; size <= 20; ++size) doubled({size}, at::ones({size}));
  EXPECT_EQ(counts_.made, 0);
}

TEST_F(GraphCaching, ShapesAreGivenUpLeastRecentlyUsedFirst) {
  for (std::int64_t size = 1; size <= 4; ++size)
    for (int again = 0; again < 2; ++again) doubled({size}, at::ones({size}));
  EXPECT_EQ(cache_.graphs(), 4);
  doubled({1}, at::ones({1}));  // the oldest is now the newest
  doubled({5}, at::ones({5}));  // takes the place of 2
  EXPECT_EQ(counts_.alive, 3);
  const int made = counts_.made;
  doubled({1}, at::ones({1}));
  EXPECT_EQ(counts_.made, made) << "1 was given up";
  doubled({2}, at::ones({2}));
  doubled({2}, at::ones({2}));
  EXPECT_EQ(counts_.made, made + 1) << "2 was kept";
}

TEST_F(GraphCaching, WhereNothingCanBeCapturedTheNetworkRunsAndTheLogWarnsOnceInOneLine) {
  counts_.refuse = true;
  for (std::int64_t size = 1; size <= 3; ++size)
    for (int i = 0; i < 4; ++i) {
      const at::Tensor input = at::full({size}, i);
      EXPECT_TRUE(doubled({size}, input).equal(input * 2.0));
    }
  EXPECT_EQ(counts_.made, 3) << "once for each key";
  EXPECT_EQ(counts_.alive, 0);
  EXPECT_EQ(counts_.replays, 0);
  EXPECT_EQ(std::count(said_.begin(), said_.end(), '\n'), 1) << said_;
  EXPECT_NE(said_.find("not permitted"), std::string::npos);
  EXPECT_EQ(warnings_, 1);
}

TEST_F(GraphCaching, ACaptureThatFailedIsTriedAgainAfterTenRuns) {
  counts_.refuse = true;
  for (int i = 0; i < 2; ++i) doubled({1}, at::ones({1}));
  EXPECT_EQ(counts_.made, 1);
  counts_.refuse = false;
  for (int i = 0; i < 9; ++i) doubled({1}, at::ones({1}));
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 0);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = at::full({1}, i);
    EXPECT_TRUE(doubled({1}, input).equal(input * 2.0));
  }
  EXPECT_EQ(counts_.made, 2);
  EXPECT_EQ(counts_.replays, 5);
}

TEST_F(GraphCaching, ACaptureThatFailsThreeTimesIsNotTriedAgain) {
  counts_.refuse = true;
  for (int i = 0; i < 1000; ++i) doubled({1}, at::ones({1}));
  EXPECT_EQ(counts_.made, 3);
}

TEST_F(GraphCaching, AnotherKeysCaptureIsNotHeldUpByOneThatFailed) {
  counts_.refuse = true;
  for (int i = 0; i < 2; ++i) doubled({1}, at::ones({1}));
  counts_.refuse = false;
  for (int i = 0; i < 2; ++i) doubled({2}, at::ones({2}));
  EXPECT_EQ(cache_.graphs(), 1);
}

TEST_F(GraphCaching, ANetworkThatThrewIsRunOnceMoreBeforeItIsCaptured) {
  bool fails = true;
  const auto run = [&] {
    return cache_.run({1}, {at::ones({1})}, [&]() -> Network {
      return [&](const Tensors &inputs) -> Tensors {
        if (fails) throw std::runtime_error("no memory");
        return {inputs[0] * 2.0};
      };
    });
  };
  EXPECT_THROW(run(), std::runtime_error);
  fails = false;
  run();
  EXPECT_EQ(counts_.made, 0) << "libraries may not be warm";
  run();
  EXPECT_EQ(counts_.made, 1);
}

}  // namespace
}  // namespace naclip::cuda
