#include "compute_thread.h"

#include <utility>

namespace naclip {

ComputeThread &ComputeThread::shared() {
  static ComputeThread thread;
  return thread;
}

ComputeThread::ComputeThread() : thread_([this] { work(); }) {}

ComputeThread::~ComputeThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  posted_.notify_one();
  thread_.join();
}

void ComputeThread::post(Tasks &tasks, std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks.push_back(std::move(task));
  }
  posted_.notify_one();
}

std::function<void()> ComputeThread::take(Tasks &tasks) {
  std::function<void()> task = std::move(tasks.front());
  tasks.pop_front();
  return task;
}

void ComputeThread::let_by() {
  if (std::this_thread::get_id() != thread_.get_id() || !may_let_by_) return;
  std::unique_lock lock(mutex_);
  if (short_tasks_.empty()) return;
  const std::function<void()> task = take(short_tasks_);
  lock.unlock();
  may_let_by_ = false;
  task();
}

void ComputeThread::work() {
  std::unique_lock lock(mutex_);
  bool short_is_next = true;  // in turn, so that neither kind waits for all of the other
  for (;;) {
    posted_.wait(lock, [this] { return ending_ || !tasks_.empty() || !short_tasks_.empty(); });
    if (tasks_.empty() && short_tasks_.empty()) return;
    const bool is_short = tasks_.empty() || (short_is_next && !short_tasks_.empty());
    const std::function<void()> task = take(is_short ? short_tasks_ : tasks_);
    short_is_next = !is_short;
    may_let_by_ = !is_short;
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace naclip
