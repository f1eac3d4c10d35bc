// Sends messages on a thread of its own.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "elements/publish/messages.h"
#include "elements/publish/outbox.h"
#include "elements/publish/sink.h"
#include "elements/publish/waker.h"
#include "model/error.h"

namespace naclip {

/// Lets something be told again only after a minute.
class Told {
 public:
  bool is_due(const std::string &what);

 private:
  std::map<std::string, std::chrono::steady_clock::time_point> last_;
};

/// Takes messages from a queue and sends them in order. Where the connection is lost it is made
/// anew after 1, 2, 4, ... 30 seconds; messages that were not confirmed are sent again. Posts
/// warnings on the element's bus, and an error where on_error says so.
class Courier {
 public:
  using MakeSink = std::function<std::unique_ptr<Sink>(const PublishSettings &settings,
                                                       const std::string &source, Waker &waker)>;
  /// Waits so long, or until the waker is stopped.
  using Rest = std::function<void(Waker &waker, std::chrono::seconds pause)>;

  /// `element` outlives this object; `source` is the camera's name. `rest` waits before each attempt
  /// to connect. Throws Error where it could never work. Starts the thread.
  Courier(GstElement *element, const PublishSettings &settings, const std::string &source,
          const MakeSink &make = make_sink, Rest rest = rest_by_the_clock);
  ~Courier() { end(); }
  Courier(const Courier &) = delete;
  Courier &operator=(const Courier &) = delete;

  /// Queues a message. Waits where overflow is kBlock, until interrupted: then, and while the
  /// stream has failed, the message is dropped.
  GstFlowReturn post(Message message);

  /// Waits until all messages are confirmed, so long, or until interrupted, and warns of those that
  /// are not.
  void drain(std::chrono::milliseconds patience);

  /// Nothing waits any longer, until allowed again. For a flush, and before the stream stops.
  void interrupt(bool interrupted);

  /// Has the file closed and opened again.
  void reopen();

  /// Ends the thread, without waiting for what is queued, which counts as dropped.
  void end();

  /// Whether the connection is there, or is being made for the first time.
  bool is_hopeful() const { return !lost_; }
  PublishCounts counts() const;

 private:
  static void rest_by_the_clock(Waker &waker, std::chrono::seconds pause);

  struct UnderWay {
    Message message;
    bool own;  ///< not from the queue: says that we are there
  };

  void run() noexcept;
  void work();
  void connect();
  void fill();
  bool serve();
  bool send(std::size_t index);
  void lose(const Error &error);
  void refuse(std::size_t index, const Error &error);
  void report(const Error &error);
  void fail();
  void warn(const Error &error);
  void notify_idle();
  bool is_idle() const {
    return (connected_ || lost_) && outbox_.size() == 0 && under_way_count_ == 0;
  }

  GstElement *element_;
  const std::string source_;
  const PublishOnError on_error_;
  Waker waker_;
  Outbox outbox_;
  const std::unique_ptr<Sink> sink_;
  const Rest rest_;

  std::mutex mutex_;  // guards the next three
  std::condition_variable idle_;
  bool interrupted_ = false;
  Told told_;

  std::atomic<bool> connected_{false}, lost_{false};  // at first neither
  std::atomic<bool> failed_{false}, reopens_{false};
  std::atomic<std::uint64_t> sent_{0}, refused_{0}, reconnects_{0};
  std::atomic<std::size_t> under_way_count_{0};

  // The thread's own.
  std::deque<UnderWay> under_way_;  // sent and not confirmed, or to be sent again
  std::optional<Message> vocabulary_;
  std::chrono::seconds pause_{0};  // before the next attempt to connect
  bool was_connected_ = false;

  std::thread thread_;
};

}  // namespace naclip
