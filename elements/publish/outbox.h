// The messages that wait to be sent.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "elements/publish/message.h"
#include "elements/publish/settings.h"

namespace naclip {

/// A queue of bounded length between the streaming thread, which puts, and the one that sends,
/// which takes. Thread-safe.
class Outbox {
 public:
  enum class Put { kTaken, kDroppedOne, kInterrupted };

  /// `added` is called after each message that was taken, without a lock.
  Outbox(std::size_t capacity, Overflow overflow, std::function<void()> added)
      : capacity_(capacity), overflow_(overflow), added_(std::move(added)) {}

  /// Where there is no room: kDropOldest drops the oldest message that is neither a vocabulary nor
  /// a status, or the oldest one if there is no other; kDropNewest drops this one; kBlock waits
  /// until there is room, or drops this one with kInterrupted.
  Put put(Message message);

  /// The oldest one; none where it is empty. Never waits.
  std::optional<Message> take();

  /// Whether kBlock may not wait any longer, until it is allowed again.
  void interrupt(bool interrupted);

  std::size_t size() const;
  std::uint64_t dropped() const;

  /// Drops all.
  void clear();

 private:
  const std::size_t capacity_;
  const Overflow overflow_;
  const std::function<void()> added_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Message> messages_;
  std::uint64_t dropped_ = 0;
  bool interrupted_ = false;
};

}  // namespace naclip
