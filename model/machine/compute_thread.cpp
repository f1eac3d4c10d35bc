#include "model/machine/compute_thread.h"

#include <algorithm>

namespace naclip {

ComputeThread &ComputeThread::shared() {
  static ComputeThread &thread = *new ComputeThread;
  return thread;
}

ComputeThread::ComputeThread() : thread_([this] { work(); }) {}

void ComputeThread::post(Tasks &tasks, Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks.push_back(std::move(task));
  }
  posted_.notify_one();
}

/// False where it is no longer in line.
bool ComputeThread::withdraw(Tasks &tasks, const void *owner) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(tasks, [&](const Task &task) { return task.owner == owner; }) > 0;
}

ComputeThread::Task ComputeThread::take(Tasks &tasks) {
  Task task = std::move(tasks.front());
  tasks.pop_front();
  return task;
}

void ComputeThread::run(const Task &task) {
  const std::stop_token outer = std::exchange(stop_, task.stop);
  task.run();
  stop_ = outer;
}

void ComputeThread::interruption_point() {
  if (std::this_thread::get_id() != thread_.get_id()) return;
  ExitSection::throw_if_exiting();
  if (stop_.stop_requested()) throw Interrupted();
  if (!may_let_by_) return;
  std::unique_lock lock(mutex_);
  if (short_tasks_.empty()) return;
  const Task task = take(short_tasks_);
  lock.unlock();
  may_let_by_ = false;
  run(task);
}

void ComputeThread::work() {
  std::unique_lock lock(mutex_);
  bool short_is_next = true;  // in turn, so that neither kind waits for all of the other
  for (;;) {
    posted_.wait(lock, [this] { return !tasks_.empty() || !short_tasks_.empty(); });
    const bool is_short = tasks_.empty() || (short_is_next && !short_tasks_.empty());
    const Task task = take(is_short ? short_tasks_ : tasks_);
    short_is_next = !is_short;
    may_let_by_ = !is_short;
    lock.unlock();
    run(task);
    lock.lock();
  }
}

}  // namespace naclip
