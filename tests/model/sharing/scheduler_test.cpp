// Many streams on one model: order, fairness, batches, and streams that fail or leave.
#include "model/sharing/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <thread>

#include "tests/model/fake_segmenter.h"

namespace naclip::testing {
namespace {

using namespace std::chrono_literals;

class Scheduling : public ::testing::Test {
 protected:
  void make(int batch, bool gated = true) {
    control_->batch = batch;
    control_->gated = gated;
    scheduler_ = std::make_unique<Scheduler>(std::make_shared<FakeSegmenter>(control_));
  }
  static SegmentRequest request(int name) {
    SegmentRequest result;
    result.options.input_size = name;
    return result;
  }
  static int name_of(const std::optional<FrameOutcome> &outcome) {
    return outcome ? outcome->result.segmentation.width : -1;
  }

  std::shared_ptr<FakeControl> control_ = std::make_shared<FakeControl>();
  std::unique_ptr<Scheduler> scheduler_;
};

TEST_F(Scheduling, ANewerFrameReplacesTheOneThatWaits) {
  make(1);
  const auto stream = scheduler_->join();
  stream->submit(request(1), 0ns);
  control_->wait_for_calls(1);
  stream->submit(request(2), 0ns);
  stream->submit(request(3), 0ns);
  EXPECT_EQ(stream->queued(), 2U);
  control_->release();
  EXPECT_EQ(name_of(stream->wait()), 1);
  control_->release();
  EXPECT_EQ(name_of(stream->wait()), 3);
  EXPECT_EQ(control_->seen(), (std::vector<std::vector<int>>{{1}, {3}}));
  EXPECT_FALSE(stream->wait()) << "there is nothing to wait for";
}

TEST_F(Scheduling, WhatWaitsRunsTogetherOldestFirst) {
  make(2);
  const auto first = scheduler_->join(), second = scheduler_->join(), third = scheduler_->join(),
             fourth = scheduler_->join();
  first->submit(request(1), 0ns);
  control_->wait_for_calls(1);
  third->submit(request(3), 0ns);
  second->submit(request(2), 0ns);
  fourth->submit(request(4), 0ns);
  third->submit(request(33), 0ns);  // newer, in the old place
  control_->release(3);
  EXPECT_EQ(name_of(fourth->wait()), 4);
  EXPECT_EQ(name_of(third->wait()), 33);
  const auto outcome = second->wait();
  EXPECT_EQ(name_of(outcome), 2);
  EXPECT_EQ(outcome->batch, 2U);
  EXPECT_EQ(control_->seen(), (std::vector<std::vector<int>>{{1}, {33, 2}, {4}}));
}

TEST_F(Scheduling, ABatchWaitsForStreamsThatRunAndForNoOthers) {
  make(4, false);
  const auto first = scheduler_->join(), second = scheduler_->join(), silent = scheduler_->join();
  // Nobody else has ever submitted: at once, whatever the timeout.
  first->submit(request(1), 1h);
  EXPECT_EQ(name_of(first->wait()), 1);
  second->submit(request(2), 0ns);
  EXPECT_EQ(name_of(second->wait()), 2);
  // Now both run: the first waits for the second, and not for the silent one.
  first->submit(request(11), 1h);
  EXPECT_FALSE(first->take());
  second->submit(request(22), 1h);
  EXPECT_EQ(name_of(first->wait()), 11);
  EXPECT_EQ(name_of(second->wait()), 22);
  EXPECT_EQ(control_->seen().back(), (std::vector<int>{11, 22}));
}

TEST_F(Scheduling, ABatchWaitsNoLongerThanTheTimeout) {
  make(4, false);
  const auto first = scheduler_->join(), second = scheduler_->join();
  for (const auto &stream : {first.get(), second.get()}) {
    stream->submit(request(1), 0ns);
    stream->wait();
  }
  const auto before = std::chrono::steady_clock::now();
  first->submit(request(2), 20ms);
  EXPECT_EQ(name_of(first->wait()), 2);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 20ms);
}

TEST_F(Scheduling, AStreamThatLeavesKeepsNobodyWaiting) {
  make(4, false);
  const auto first = scheduler_->join();
  auto second = scheduler_->join();
  for (const auto &stream : {first.get(), second.get()}) {
    stream->submit(request(1), 0ns);
    stream->wait();
  }
  first->submit(request(2), 1h);
  second.reset();
  EXPECT_EQ(name_of(first->wait()), 2);
}

TEST_F(Scheduling, AFrameThatFailsTakesNoOtherWithIt) {
  make(4);
  control_->before = [](std::span<const SegmentRequest> requests) {
    for (const SegmentRequest &one : requests)
      if (one.options.input_size == 2) throw std::runtime_error("two");
  };
  const auto opener = scheduler_->join(), first = scheduler_->join(), second = scheduler_->join(),
             third = scheduler_->join();
  opener->submit(request(9), 0ns);
  control_->wait_for_calls(1);
  first->submit(request(1), 0ns);
  second->submit(request(2), 0ns);
  third->submit(request(3), 0ns);
  control_->release(10);
  EXPECT_EQ(name_of(first->wait()), 1);
  EXPECT_EQ(name_of(third->wait()), 3);
  const auto failed = second->wait();
  ASSERT_TRUE(failed);
  ASSERT_TRUE(failed->error);
  EXPECT_THROW(std::rethrow_exception(failed->error), std::runtime_error);
}

TEST_F(Scheduling, AStreamMayLeaveWhileItsFrameIsInWork) {
  make(2);
  auto leaving = scheduler_->join();
  const auto staying = scheduler_->join();
  leaving->submit(request(1), 0ns);
  control_->wait_for_calls(1);
  leaving.reset();
  staying->submit(request(2), 0ns);
  control_->release(2);
  EXPECT_EQ(name_of(staying->wait()), 2);
}

TEST_F(Scheduling, DiscardedFramesAreNotHeardOfAgain) {
  make(1);
  const auto stream = scheduler_->join();
  stream->submit(request(1), 0ns);
  control_->wait_for_calls(1);
  stream->submit(request(2), 0ns);
  stream->discard();
  stream->submit(request(3), 0ns);
  control_->release();
  control_->wait_for_calls(2);  // by then the first is done
  EXPECT_FALSE(stream->take());
  control_->release();
  EXPECT_EQ(name_of(stream->wait()), 3);
  EXPECT_EQ(control_->seen(), (std::vector<std::vector<int>>{{1}, {3}}));
}

TEST_F(Scheduling, AWaitCanBeInterrupted) {
  make(1);
  const auto stream = scheduler_->join();
  stream->submit(request(1), 0ns);
  control_->wait_for_calls(1);
  std::thread interrupter([&] { stream->interrupt(); });
  EXPECT_FALSE(stream->wait());
  interrupter.join();
  stream->resume();
  control_->release();
  EXPECT_EQ(name_of(stream->wait()), 1);
}

TEST_F(Scheduling, QueriesAreThoseOfTheTimeWhenTheScoresAreMade) {
  make(1);
  const auto old_words = std::make_shared<FakeQueries>(Vocabulary::parse("cat")),
             new_words = std::make_shared<FakeQueries>(Vocabulary::parse("dog"));
  std::mutex mutex;
  std::shared_ptr<const EncodedVocabulary> words = old_words;
  const auto stream = scheduler_->join();
  SegmentRequest one = request(1);
  one.vocabulary = [&] {
    const std::lock_guard lock(mutex);
    return words;
  };
  stream->submit(one, 0ns);
  control_->wait_for_calls(1);
  {
    const std::lock_guard lock(mutex);
    words = new_words;
  }
  control_->release();
  EXPECT_EQ(stream->wait()->result.vocabulary, new_words);
}

TEST_F(Scheduling, StreamsOfAnySpeedGetEqualShares) {
  make(2);
  constexpr std::size_t kStreams = 8, kBatches = 400;
  std::vector<std::unique_ptr<Scheduler::Stream>> streams;
  for (std::size_t i = 0; i < kStreams; ++i) streams.push_back(scheduler_->join());
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    for (std::size_t i = 0; i < kStreams; ++i)
      for (std::size_t frame = 0; frame <= 5 * i; ++frame)
        streams[i]->submit(request(static_cast<int>(i)), 0ns);
    control_->wait_for_calls(batch + 1);
    control_->release();
  }
  control_->release(2 * kBatches);
  std::map<int, std::size_t> served;
  const auto seen = control_->seen();
  for (std::size_t batch = 0; batch < kBatches; ++batch)
    for (const int stream : seen[batch]) ++served[stream];
  ASSERT_EQ(served.size(), kStreams);
  std::size_t total = 0;
  for (const auto &[stream, count] : served) total += count;
  const auto mean = static_cast<double>(total) / kStreams;
  for (const auto &[stream, count] : served)
    EXPECT_NEAR(static_cast<double>(count), mean, 0.1 * mean) << stream;
}

}  // namespace
}  // namespace naclip::testing
