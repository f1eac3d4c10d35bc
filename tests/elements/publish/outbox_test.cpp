// The queue of messages: its order, and what happens where it is full.
#include "elements/publish/outbox.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

namespace naclip::testing {
namespace {

using Put = Outbox::Put;

Message message(const std::string &text, MessageKind kind = MessageKind::kFrame) {
  return {kind, text};
}

std::string all(Outbox &outbox) {
  std::string texts;
  while (const auto message = outbox.take()) texts += message->text;
  return texts;
}

TEST(Outbox, KeepsTheOrderAndSaysThatThereIsSomething) {
  int added = 0;
  Outbox outbox(3, Overflow::kDropOldest, [&] { ++added; });
  EXPECT_FALSE(outbox.take());
  for (const char *text : {"a", "b", "c"}) EXPECT_EQ(outbox.put(message(text)), Put::kTaken);
  EXPECT_EQ(added, 3);
  EXPECT_EQ(outbox.size(), 3U);
  EXPECT_EQ(all(outbox), "abc");
  EXPECT_EQ(outbox.dropped(), 0U);
}

TEST(Outbox, DropsTheOldest) {
  Outbox outbox(2, Overflow::kDropOldest, [] {});
  outbox.put(message("a"));
  outbox.put(message("b"));
  EXPECT_EQ(outbox.put(message("c")), Put::kDroppedOne);
  EXPECT_EQ(outbox.put(message("d")), Put::kDroppedOne);
  EXPECT_EQ(outbox.dropped(), 2U);
  EXPECT_EQ(all(outbox), "cd");
}

TEST(Outbox, DropsNoVocabularyBeforeOtherMessages) {
  Outbox outbox(2, Overflow::kDropOldest, [] {});
  outbox.put(message("v", MessageKind::kVocabulary));
  outbox.put(message("a"));
  outbox.put(message("b"));
  EXPECT_EQ(all(outbox), "vb");
  for (const char *text : {"v", "w"}) outbox.put(message(text, MessageKind::kVocabulary));
  outbox.put(message("c"));
  EXPECT_EQ(all(outbox), "wc") << "the queue keeps its length all the same";
  EXPECT_EQ(outbox.dropped(), 2U);
}

TEST(Outbox, DropsTheNewest) {
  int added = 0;
  Outbox outbox(2, Overflow::kDropNewest, [&] { ++added; });
  outbox.put(message("a"));
  outbox.put(message("b"));
  EXPECT_EQ(outbox.put(message("c")), Put::kDroppedOne);
  EXPECT_EQ(outbox.dropped(), 1U);
  EXPECT_EQ(added, 2);
  EXPECT_EQ(all(outbox), "ab");
}

TEST(Outbox, BlocksUntilThereIsRoom) {
  Outbox outbox(1, Overflow::kBlock, [] {});
  outbox.put(message("a"));
  auto put = std::async(std::launch::async, [&] { return outbox.put(message("b")); });
  EXPECT_EQ(outbox.size(), 1U);
  EXPECT_EQ(outbox.take()->text, "a");
  EXPECT_EQ(put.get(), Put::kTaken);
  EXPECT_EQ(all(outbox), "b");
  EXPECT_EQ(outbox.dropped(), 0U);
}

TEST(Outbox, BlocksEachTimeAndLosesNothing) {
  constexpr std::size_t kMessages = 1000;
  Outbox outbox(1, Overflow::kBlock, [] {});
  auto put = std::async(std::launch::async, [&] {
    for (std::size_t i = 0; i < kMessages; ++i)
      if (outbox.put(message(std::to_string(i))) != Put::kTaken) return false;
    return true;
  });
  std::size_t taken = 0;
  while (put.wait_for(std::chrono::seconds(0)) != std::future_status::ready || outbox.size() > 0) {
    const auto next = outbox.take();
    if (!next)
      std::this_thread::yield();
    else
      EXPECT_EQ(next->text, std::to_string(taken++));
  }
  EXPECT_TRUE(put.get());
  EXPECT_EQ(taken, kMessages);
  EXPECT_EQ(outbox.dropped(), 0U);
}

TEST(Outbox, AnInterruptionEndsTheWaitAndDropsTheMessage) {
  Outbox outbox(1, Overflow::kBlock, [] {});
  outbox.put(message("a"));
  auto put = std::async(std::launch::async, [&] { return outbox.put(message("b")); });
  outbox.interrupt(true);
  EXPECT_EQ(put.get(), Put::kInterrupted);
  EXPECT_EQ(outbox.put(message("c")), Put::kInterrupted);
  EXPECT_EQ(outbox.dropped(), 2U);
  outbox.take();
  EXPECT_EQ(outbox.put(message("d")), Put::kTaken) << "there is room";
  outbox.interrupt(false);
  put = std::async(std::launch::async, [&] { return outbox.put(message("e")); });
  EXPECT_EQ(outbox.take()->text, "d");
  EXPECT_EQ(put.get(), Put::kTaken);
}

TEST(Outbox, WhatIsClearedIsDropped) {
  Outbox outbox(5, Overflow::kDropOldest, [] {});
  outbox.put(message("a"));
  outbox.put(message("b"));
  outbox.clear();
  EXPECT_EQ(outbox.size(), 0U);
  EXPECT_EQ(outbox.dropped(), 2U);
}

}  // namespace
}  // namespace naclip::testing
