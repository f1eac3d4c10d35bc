// Many streams on one model: their frames are gathered into batches, oldest first.
// Needs no libtorch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "model/segmenter.h"

namespace naclip {

/// What became of one frame.
struct FrameOutcome {
  std::uint64_t number = 0;  ///< as Stream::submit() gave it
  SegmentResult result;      ///< nothing where there is an error
  std::exception_ptr error;  ///< what the model threw at this frame
  std::size_t batch = 1;     ///< frames that were segmented together with it, itself included
  std::chrono::nanoseconds latency{};  ///< from the batch's beginning to its end
};

/// What Stream::submit() did.
struct Submitted {
  std::uint64_t number = 0;    ///< the frame's, ascending from 1
  std::uint64_t replaced = 0;  ///< that of the frame whose place it took; 0: none waited
};

/// Runs frames of streams that come and go through one model, from a thread of its own. Each stream
/// has one place in the line: a newer frame replaces the one that still waits, so that no stream
/// gains by being quick.
class Scheduler {
 public:
  class Stream;

  explicit Scheduler(std::shared_ptr<Segmenter> segmenter);
  /// Waits for the batch in work. No stream may be left.
  ~Scheduler();
  Scheduler(const Scheduler &) = delete;
  Scheduler &operator=(const Scheduler &) = delete;

  /// A new stream, with nothing in line; it must not outlive the scheduler.
  std::unique_ptr<Stream> join();

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiting {
    std::uint64_t number;
    SegmentRequest request;
    Clock::time_point deadline;  // when it no longer waits for others
  };
  /// What scheduler and stream share; outlives the stream while a frame of it is in work.
  struct Place {
    std::optional<Waiting> waiting;
    std::optional<std::uint64_t> in_work;
    std::optional<FrameOutcome> outcome;
    std::condition_variable arrived;
    Clock::time_point last_submit{};
    std::uint64_t next_number = 1;
    std::uint64_t first_wanted = 1;  // outcomes of older frames are dropped
    bool interrupted = false;
  };
  using PlacePtr = std::shared_ptr<Place>;
  struct Job {
    PlacePtr place;
    Waiting waiting;
  };

  void work();
  bool worth_waiting() const;
  std::vector<Job> next_batch();
  std::vector<FrameOutcome> run(std::span<const Job> jobs) const;
  void deliver(std::vector<Job> jobs, std::vector<FrameOutcome> outcomes);
  void leave_line(const PlacePtr &place);

  std::shared_ptr<Segmenter> segmenter_;
  std::mutex mutex_;  // guards all below and all places; never held while the model works
  std::condition_variable changed_;
  std::vector<PlacePtr> streams_;
  std::deque<PlacePtr> line_;  // those with a frame waiting, the longest first
  Clock::time_point batch_began_{}, batch_before_began_{};
  bool ending_ = false;
  std::thread thread_;  // last: it reads the others
};

/// One stream's place. Its methods may be called from any thread.
class Scheduler::Stream {
 public:
  /// Drops the waiting frame, and the outcome of the one in work. Does not wait.
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  /// Puts a frame in line; it takes the place of one that waits. The batch is not begun before
  /// `batch_timeout` has passed, unless it is full or all streams that are running wait too.
  Submitted submit(SegmentRequest request, std::chrono::nanoseconds batch_timeout);

  /// The newest outcome that was not taken yet; never waits.
  std::optional<FrameOutcome> take();

  /// The same, waiting for it while a frame is in line or in work. None after interrupt() and where
  /// there is nothing to wait for.
  std::optional<FrameOutcome> wait();

  /// Has wait() return, now and until resume().
  void interrupt();
  void resume();

  /// Forgets all frames that were submitted until now, and their outcomes.
  void discard();

  /// Frames in line or in work: 0, 1 or 2.
  unsigned queued() const;
  /// Whether one of them is still in line.
  bool waits() const;

 private:
  friend class Scheduler;
  Stream(Scheduler &scheduler, PlacePtr place);

  Scheduler &scheduler_;
  PlacePtr place_;
};

}  // namespace naclip
