#include "elements/publish/outbox.h"

#include <algorithm>
#include <utility>

namespace naclip {

Outbox::Put Outbox::put(Message message) {
  Put result = Put::kTaken;
  {
    std::unique_lock lock(mutex_);
    if (overflow_ == Overflow::kBlock)
      room_.wait(lock, [this] { return interrupted_ || messages_.size() < capacity_; });
    if (messages_.size() >= capacity_) {
      ++dropped_;
      if (overflow_ == Overflow::kBlock) return Put::kInterrupted;
      if (overflow_ == Overflow::kDropNewest) return Put::kDroppedOne;
      const auto oldest =
          std::find_if(messages_.begin(), messages_.end(),
                       [](const Message &waiting) { return !is_retained(waiting.kind); });
      messages_.erase(oldest != messages_.end() ? oldest : messages_.begin());
      result = Put::kDroppedOne;
    }
    messages_.push_back(std::move(message));
  }
  added_();
  return result;
}

std::optional<Message> Outbox::take() {
  std::optional<Message> message;
  {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return message;
    message = std::move(messages_.front());
    messages_.pop_front();
  }
  room_.notify_one();
  return message;
}

void Outbox::interrupt(bool interrupted) {
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = interrupted;
  }
  room_.notify_all();
}

std::size_t Outbox::size() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

std::uint64_t Outbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void Outbox::clear() {
  {
    const std::lock_guard lock(mutex_);
    dropped_ += messages_.size();
    messages_.clear();
  }
  room_.notify_all();
}

}  // namespace naclip
