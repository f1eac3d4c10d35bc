// One at a time, first come, first served, with waits that can be given up.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>

namespace naclip {

/// What a mutex is, for work that takes long. Thread-safe.
class Turns {
 public:
  /// Waits for this caller's turn and runs `work`, which ends it; throws what it throws. False, and
  /// nothing was run, where `stop` was asked for before.
  template <class Work>
  bool in_turn(const std::stop_token &stop, Work &&work) {
    const Place place(*this);
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, stop, [&] { return line_.front() == &place; });
    }
    if (stop.stop_requested()) return false;
    work();
    return true;
  }

 private:
  /// A caller's place in the line.
  class Place {
   public:
    explicit Place(Turns &turns) : turns_(turns) {
      const std::lock_guard lock(turns_.mutex_);
      turns_.line_.push_back(this);
    }
    ~Place() {
      {
        const std::lock_guard lock(turns_.mutex_);
        turns_.line_.remove(this);
      }
      turns_.moved_.notify_all();
    }
    Place(const Place &) = delete;
    Place &operator=(const Place &) = delete;

   private:
    Turns &turns_;
  };

  std::mutex mutex_;  // guards the line; never held while working
  std::condition_variable_any moved_;
  std::list<const Place *> line_;
};

}  // namespace naclip
