// How graphs are kept and given up, with a stand-in for CUDA's.
#include "model/cuda/graph_cache.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fake_runner.h"

namespace naclip::cuda {
namespace {

class GraphCaching : public ::testing::Test {
 protected:
  /// Twice the pictures, through the cache.
  at::Tensor doubled(const NetworkKey &key, const std::vector<at::Tensor> &pictures) {
    return cache_.run(key, pictures, [&]() -> Network {
      ++networks_;
      return [this](const at::Tensor &batch) {
        batches_.push_back(batch.size(0));
        return batch * 2.0;
      };
    });
  }
  at::Tensor doubled(const NetworkKey &key, const at::Tensor &picture) {
    return doubled(key, std::vector{picture});
  }

  testing::GraphCounts counts_;
  std::string said_;
  int networks_ = 0, warnings_ = 0;
  std::vector<std::int64_t> batches_;  // that networks were given
  GraphCache cache_{[this] { return std::make_unique<testing::StandInGraph>(counts_); },
                    [this](LogLevel level, const Error &line) {
                      if (level != LogLevel::kDebug) said_ += std::string(line.what()) + "\n";
                      if (level == LogLevel::kWarning) ++warnings_;
                    }};
};

TEST_F(GraphCaching, CapturesAtTheSecondUseAndReplaysOnEachInput) {
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = at::full({1, 3}, i);
    EXPECT_TRUE(doubled({1}, input).equal(input * 2.0)) << i;
  }
  EXPECT_EQ(networks_, 1);
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 4);
}

TEST_F(GraphCaching, TheCallersInputIsNotWrittenByLaterCalls) {
  const at::Tensor first = at::ones({1, 4}), second = at::zeros({1, 4}),
                   third = at::full({1, 4}, 7.0);
  for (const at::Tensor &input : {first, second, third}) doubled({1}, input);
  EXPECT_TRUE(first.equal(at::ones({1, 4})));
  EXPECT_TRUE(second.equal(at::zeros({1, 4})));
}

TEST_F(GraphCaching, ABatchIsPaddedToTheNextPowerOfTwo) {
  for (const int pictures : {1, 2, 3, 4, 5, 7, 8, 9, 16}) {
    std::vector<at::Tensor> given;
    for (int i = 0; i < pictures; ++i) given.push_back(at::full({1, 2, 3}, i + 1.0));
    const at::Tensor result = doubled({1}, given);
    const int padded = pictures <= 1   ? 1
                       : pictures <= 2 ? 2
                       : pictures <= 4 ? 4
                       : pictures <= 8 ? 8
                                       : 16;
    ASSERT_EQ(batches_.back(), padded);
    ASSERT_EQ(result.size(0), padded);
    EXPECT_TRUE(result.narrow(0, 0, pictures).equal(at::cat(given) * 2.0)) << pictures;
  }
}

TEST_F(GraphCaching, StreamsThatComeAndGoShareTheGraphOfTheirPaddedBatch) {
  for (const int pictures : {8, 5, 6, 7, 8, 5}) {
    std::vector<at::Tensor> given;
    for (int i = 0; i < pictures; ++i) given.push_back(at::full({1, 2}, 10.0 * pictures + i));
    EXPECT_TRUE(doubled({1}, given).narrow(0, 0, pictures).equal(at::cat(given) * 2.0));
  }
  EXPECT_EQ(networks_, 1);
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 5);
}

TEST_F(GraphCaching, AShapeUsedOnceIsNeverCaptured) {
  for (std::int64_t size = 1; size <= 40; ++size) doubled({size}, at::ones({1, size}));
  EXPECT_EQ(counts_.made, 0);
}

TEST_F(GraphCaching, ShapesAreGivenUpLeastRecentlyUsedFirst) {
  constexpr std::int64_t kKept = 20;
  for (std::int64_t size = 1; size <= kKept; ++size)
    for (int again = 0; again < 2; ++again) doubled({size}, at::ones({1, size}));
  EXPECT_EQ(cache_.graphs(), kKept);
  doubled({1}, at::ones({1, 1}));                  // the oldest is now the newest
  doubled({kKept + 1}, at::ones({1, kKept + 1}));  // takes the place of 2
  EXPECT_EQ(counts_.alive, kKept - 1);
  const int made = counts_.made;
  doubled({1}, at::ones({1, 1}));
  EXPECT_EQ(counts_.made, made) << "1 was given up";
  doubled({2}, at::ones({1, 2}));
  doubled({2}, at::ones({1, 2}));
  EXPECT_EQ(counts_.made, made + 1) << "2 was kept";
}

TEST_F(GraphCaching, WhereNothingCanBeCapturedTheNetworkRunsAndTheLogWarnsOnceInOneLine) {
  counts_.refuse = true;
  for (std::int64_t size = 1; size <= 3; ++size)
    for (int i = 0; i < 4; ++i) {
      const at::Tensor input = at::full({1, size}, i);
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
  for (int i = 0; i < 2; ++i) doubled({1}, at::ones({1, 1}));
  EXPECT_EQ(counts_.made, 1);
  counts_.refuse = false;
  for (int i = 0; i < 9; ++i) doubled({1}, at::ones({1, 1}));
  EXPECT_EQ(counts_.made, 1);
  EXPECT_EQ(counts_.replays, 0);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = at::full({1, 1}, i);
    EXPECT_TRUE(doubled({1}, input).equal(input * 2.0));
  }
  EXPECT_EQ(counts_.made, 2);
  EXPECT_EQ(counts_.replays, 5);
}

TEST_F(GraphCaching, ACaptureThatFailsThreeTimesIsNotTriedAgain) {
  counts_.refuse = true;
  for (int i = 0; i < 1000; ++i) doubled({1}, at::ones({1, 1}));
  EXPECT_EQ(counts_.made, 3);
}

TEST_F(GraphCaching, AnotherKeysCaptureIsNotHeldUpByOneThatFailed) {
  counts_.refuse = true;
  for (int i = 0; i < 2; ++i) doubled({1}, at::ones({1, 1}));
  counts_.refuse = false;
  for (int i = 0; i < 2; ++i) doubled({2}, at::ones({1, 2}));
  EXPECT_EQ(cache_.graphs(), 1);
}

TEST_F(GraphCaching, ANetworkThatThrewIsRunOnceMoreBeforeItIsCaptured) {
  bool fails = true;
  const std::vector<at::Tensor> picture{at::ones({1, 1})};
  const auto run = [&] {
    return cache_.run({1}, picture, [&]() -> Network {
      return [&](const at::Tensor &batch) {
        if (fails) throw std::runtime_error("no memory");
        return batch * 2.0;
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
