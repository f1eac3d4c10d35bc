#include "model/sharing/scheduler.h"

#include <algorithm>
#include <utility>

namespace naclip {

Scheduler::Scheduler(std::shared_ptr<Segmenter> segmenter)
    : segmenter_(std::move(segmenter)), thread_([this] { work(); }) {}

Scheduler::~Scheduler() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::unique_ptr<Scheduler::Stream> Scheduler::join() {
  auto place = std::make_shared<Place>();
  const std::lock_guard lock(mutex_);
  streams_.push_back(place);
  return std::unique_ptr<Stream>(new Stream(*this, std::move(place)));
}

void Scheduler::leave_line(const PlacePtr &place) {
  place->waiting.reset();
  std::erase(line_, place);
}

/// Whether the batch would grow: streams that run have no frame in line yet. A stream runs if it
/// has submitted since the last batch but one began; one that pauses keeps nobody waiting.
bool Scheduler::worth_waiting() const {
  if (line_.size() >= static_cast<std::size_t>(segmenter_->info().batch)) return false;
  return std::any_of(streams_.begin(), streams_.end(), [this](const PlacePtr &place) {
    return !place->waiting && place->last_submit > batch_before_began_;
  });
}

std::vector<Scheduler::Job> Scheduler::next_batch() {
  const auto batch = static_cast<std::size_t>(std::max(segmenter_->info().batch, 1));
  std::vector<Job> jobs;
  while (!line_.empty() && jobs.size() < batch) {
    const PlacePtr place = std::move(line_.front());
    line_.pop_front();
    place->in_work = place->waiting->number;
    jobs.push_back({place, std::move(*std::exchange(place->waiting, std::nullopt))});
  }
  return jobs;
}

/// A frame that fails takes no other one of its batch with it: then each is run alone.
std::vector<FrameOutcome> Scheduler::run(std::span<const Job> jobs) const {
  std::vector<SegmentRequest> requests;
  for (const Job &job : jobs) requests.push_back(job.waiting.request);
  const auto began = Clock::now();
  std::vector<FrameOutcome> outcomes(jobs.size());
  try {
    std::vector<SegmentResult> results = segmenter_->segment(requests);
    const auto latency = Clock::now() - began;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      outcomes[i] = {jobs[i].waiting.number, std::move(results.at(i)), nullptr, jobs.size(),
                     latency};
  } catch (...) {
    if (jobs.size() == 1)
      return {FrameOutcome{
          jobs[0].waiting.number, {}, std::current_exception(), 1, Clock::now() - began}};
    for (std::size_t i = 0; i < jobs.size(); ++i) outcomes[i] = run(jobs.subspan(i, 1)).front();
  }
  return outcomes;
}

void Scheduler::deliver(std::vector<Job> jobs, std::vector<FrameOutcome> outcomes) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Place &place = *jobs[i].place;
    place.in_work.reset();
    if (outcomes[i].number >= place.first_wanted) place.outcome = std::move(outcomes[i]);
    place.arrived.notify_all();
  }
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !line_.empty(); });
    while (!ending_ && !line_.empty() && worth_waiting()) {
      const auto first =
          std::min_element(line_.begin(), line_.end(), [](const PlacePtr &a, const PlacePtr &b) {
            return a->waiting->deadline < b->waiting->deadline;
          });
      const Clock::time_point deadline = (*first)->waiting->deadline;
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
    }
    if (ending_) return;
    batch_before_began_ = std::exchange(batch_began_, Clock::now());
    std::vector<Job> jobs = next_batch();
    if (jobs.empty()) continue;
    lock.unlock();
    std::vector<FrameOutcome> outcomes = run(jobs);
    lock.lock();
    deliver(std::move(jobs), std::move(outcomes));
  }
}

Scheduler::Stream::Stream(Scheduler &scheduler, PlacePtr place)
    : scheduler_(scheduler), place_(std::move(place)) {}

Scheduler::Stream::~Stream() {
  {
    const std::lock_guard lock(scheduler_.mutex_);
    scheduler_.leave_line(place_);
    std::erase(scheduler_.streams_, place_);
  }
  scheduler_.changed_.notify_one();  // others may have waited for it
}

Submitted Scheduler::Stream::submit(SegmentRequest request,
                                    std::chrono::nanoseconds batch_timeout) {
  std::optional<Waiting> replaced;  // freed once the lock is given back
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(scheduler_.mutex_);
    number = place_->next_number++;
    const auto now = Clock::now();
    replaced =
        std::exchange(place_->waiting, Waiting{number, std::move(request), now + batch_timeout});
    // Its elder's time counts, else a stream with frames faster than the timeout would never be
    // served.
    if (replaced)
      place_->waiting->deadline = replaced->deadline;
    else
      scheduler_.line_.push_back(place_);
    place_->last_submit = now;
  }
  scheduler_.changed_.notify_one();
  return {number, replaced ? replaced->number : 0};
}

std::optional<FrameOutcome> Scheduler::Stream::take() {
  const std::lock_guard lock(scheduler_.mutex_);
  return std::exchange(place_->outcome, std::nullopt);
}

std::optional<FrameOutcome> Scheduler::Stream::wait() {
  std::unique_lock lock(scheduler_.mutex_);
  place_->arrived.wait(lock, [this] {
    return place_->interrupted || place_->outcome || (!place_->waiting && !place_->in_work);
  });
  if (place_->interrupted) return std::nullopt;
  return std::exchange(place_->outcome, std::nullopt);
}

void Scheduler::Stream::interrupt() {
  const std::lock_guard lock(scheduler_.mutex_);
  place_->interrupted = true;
  place_->arrived.notify_all();
}

void Scheduler::Stream::resume() {
  const std::lock_guard lock(scheduler_.mutex_);
  place_->interrupted = false;
}

void Scheduler::Stream::discard() {
  const std::lock_guard lock(scheduler_.mutex_);
  scheduler_.leave_line(place_);
  place_->first_wanted = place_->next_number;
  place_->outcome.reset();
  place_->arrived.notify_all();
}

unsigned Scheduler::Stream::queued() const {
  const std::lock_guard lock(scheduler_.mutex_);
  return (place_->waiting ? 1U : 0U) + (place_->in_work ? 1U : 0U);
}

bool Scheduler::Stream::waits() const {
  const std::lock_guard lock(scheduler_.mutex_);
  return place_->waiting.has_value();
}

}  // namespace naclip
