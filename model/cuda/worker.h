// A thread that does one thing after another for threads that wait for it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace naclip::cuda {

/// libtorch keeps the handles of cuBLAS and cuDNN, with their memory, for each thread that computes:
/// a graph that is captured by a thread without them fails, and streaming threads come and go.
class Worker {
 public:
  Worker() : thread_([this](const std::stop_token &stop) { work(stop); }) {}
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /// Runs `work` on the thread and waits for it; throws what it throws.
  void run(const std::function<void()> &work) {
    std::packaged_task<void()> task(work);
    std::future<void> done = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    posted_.notify_one();
    done.get();
  }

 private:
  void work(const std::stop_token &stop) {
    std::unique_lock lock(mutex_);
    while (posted_.wait(lock, stop, [this] { return !tasks_.empty(); })) {
      std::packaged_task<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any posted_;
  std::deque<std::packaged_task<void()>> tasks_;
  std::jthread thread_;  // last: it reads the others
};

}  // namespace naclip::cuda
