#include "elements/publish/courier.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "elements/support/error_messages.h"
#include "model/process/process_exit.h"

namespace naclip {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestPause{30};
constexpr std::chrono::minutes kTellAgain{1};

/// A pipe or a connection that was closed is an error of write() here, not the end of the process.
void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

bool Told::is_due(const std::string &what) {
  const auto now = steady_clock::now();
  const auto [place, fresh] = last_.try_emplace(what, now);
  if (!fresh && now - place->second < kTellAgain) return false;
  place->second = now;
  return true;
}

Courier::Courier(GstElement *element, const PublishSettings &settings, const std::string &source,
                 const MakeSink &make, Rest rest)
    : element_(element),
      source_(source),
      on_error_(settings.on_error),
      outbox_(static_cast<std::size_t>(settings.queue_size), settings.overflow,
              [this] { waker_.wake(); }),
      sink_(make(settings, source, waker_)),
      rest_(std::move(rest)) {
  sink_->prepare();
  thread_ = std::thread([this] { run(); });
}

void Courier::rest_by_the_clock(Waker &waker, std::chrono::seconds pause) {
  const auto until = steady_clock::now() + pause;
  for (auto now = steady_clock::now(); now < until && !waker.stopped(); now = steady_clock::now())
    waker.wait(-1, 0, std::chrono::ceil<std::chrono::milliseconds>(until - now));
}

void Courier::end() {
  if (!thread_.joinable()) return;
  interrupt(true);
  waker_.stop();
  thread_.join();
}

GstFlowReturn Courier::post(Message message) {
  if (failed_) return GST_FLOW_ERROR;
  const Outbox::Put put = outbox_.put(std::move(message));
  if (failed_) return GST_FLOW_ERROR;
  if (put == Outbox::Put::kDroppedOne) {
    const std::string full = "Messages are dropped: more than queue-size wait to be sent.";
    std::unique_lock lock(mutex_);
    const bool due = told_.is_due(full);
    lock.unlock();
    if (due)
      post_warning(element_, Error(ErrorKind::kWrite, full,
                                   std::to_string(outbox_.dropped()) + " since start"));
  }
  return put == Outbox::Put::kInterrupted ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

void Courier::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  idle_.wait_for(lock, patience, [this] { return interrupted_ || failed_ || is_idle(); });
  const std::uint64_t left = counts().queued;
  if (interrupted_ || failed_ || left == 0) return;
  lock.unlock();
  post_warning(element_,
               Error(ErrorKind::kNetwork,
                     "The stream ends before " + std::to_string(left) + " messages were sent."));
}

void Courier::interrupt(bool interrupted) {
  outbox_.interrupt(interrupted);
  {
    const std::lock_guard lock(mutex_);
    interrupted_ = interrupted;
  }
  idle_.notify_all();
}

void Courier::reopen() {
  reopens_ = true;
  waker_.wake();
}

PublishCounts Courier::counts() const {
  return {sent_, outbox_.size() + under_way_count_, outbox_.dropped() + refused_, reconnects_,
          connected_};
}

void Courier::run() noexcept {
  block_broken_pipe_signal();
  try {
    while (!waker_.stopped() && !failed_) work();
    const ExitSection section;
    outbox_.clear();
    refused_ += under_way_count_.exchange(0);
    if (connected_) {
      const PublishCounts now = counts();
      sink_->close({MessageKind::kStatus, status_message(source_, false, &now)});
    }
  } catch (const Interrupted &) {
    // The process exits.
  } catch (...) {
    post_current_exception(element_);
    fail();
  }
  connected_ = false;
}

/// One step: connects, or sends what there is and waits for what is next.
void Courier::work() {
  try {
    if (!connected_) {
      rest_(waker_, pause_);
      if (!waker_.stopped()) connect();
      return;
    }
    Sink::Watch watch;
    {
      const ExitSection section;
      if (reopens_.exchange(false)) sink_->reopen();
      fill();
      if (serve()) return;
      watch = sink_->watch();
    }
    waker_.wait(watch.file, watch.events, watch.timeout);
  } catch (const Error &error) {
    if (error.kind() == ErrorKind::kWrite)
      report(error);
    else
      lose(error);
  }
}

void Courier::connect() {
  const ExitSection section;
  sink_->open();
  connected_ = true;
  lost_ = false;
  pause_ = std::chrono::seconds(0);
  const bool again = std::exchange(was_connected_, true);
  if (again) ++reconnects_;
  // What was not confirmed is sent again, behind a word that we are there. The broker may have lost
  // the vocabulary that it had retained.
  if (again && vocabulary_) under_way_.push_front({*vocabulary_, true});
  const PublishCounts now = counts();
  under_way_.push_front({{MessageKind::kStatus, status_message(source_, true, &now)}, true});
  for (std::size_t i = 0; i < under_way_.size();) i += send(i) ? 1 : 0;
}

/// Sends as many of the queue as may be under way.
void Courier::fill() {
  while (under_way_.size() < sink_->window()) {
    ++under_way_count_;  // first, so that a message is always seen in one place
    std::optional<Message> message = outbox_.take();
    if (!message) {
      --under_way_count_;
      break;
    }
    if (message->kind == MessageKind::kVocabulary) vocabulary_ = message;
    under_way_.push_back({std::move(*message), false});
    send(under_way_.size() - 1);
  }
  notify_idle();
}

/// -> false where this one cannot be sent, and is under way no longer
bool Courier::send(std::size_t index) {
  try {
    sink_->send(under_way_[index].message);
    return true;
  } catch (const Error &error) {
    if (error.kind() != ErrorKind::kWrite) throw;
    refuse(index, error);
    return false;
  }
}

/// Does what the network asks for. -> whether messages were confirmed, or one was refused
bool Courier::serve() {
  try {
    const std::size_t count = sink_->serve();
    for (std::size_t i = 0; i < count; ++i) {
      if (!under_way_.front().own) {
        ++sent_;
        --under_way_count_;
      }
      under_way_.pop_front();
    }
    if (count > 0) notify_idle();
    return count > 0;
  } catch (const Error &error) {
    if (error.kind() != ErrorKind::kWrite) throw;
    refuse(0, error);
    return true;
  }
}

/// The connection is lost, or was not made.
void Courier::lose(const Error &error) {
  lost_ = true;
  connected_ = false;
  std::erase_if(under_way_, [](const UnderWay &one) { return one.own; });
  pause_ = std::clamp(pause_ * 2, std::chrono::seconds(1), kLongestPause);
  notify_idle();
  if (!waker_.stopped()) warn(error);
}

/// This message cannot be sent.
void Courier::refuse(std::size_t index, const Error &error) {
  if (!under_way_[index].own) {
    --under_way_count_;
    ++refused_;
  }
  under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(index));
  notify_idle();
  report(error);
}

/// Something cannot be written.
void Courier::report(const Error &error) {
  if (waker_.stopped()) return;
  if (on_error_ == PublishOnError::kWarn) return warn(error);
  post_error(element_, error);  // before the stream's source can say that something is wrong
  fail();
}

void Courier::fail() {
  failed_ = true;
  outbox_.interrupt(true);
  outbox_.clear();
  notify_idle();
}

void Courier::warn(const Error &error) {
  std::unique_lock lock(mutex_);
  const bool due = told_.is_due(error.what());
  lock.unlock();
  if (due) post_warning(element_, error);
}

void Courier::notify_idle() {
  // Under the lock, or a thread that has just looked would miss it.
  { const std::lock_guard lock(mutex_); }
  idle_.notify_all();
}

}  // namespace naclip
