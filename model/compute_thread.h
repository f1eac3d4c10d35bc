// The one thread that computes on the CPU for all of a process.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>

namespace naclip {

/// OpenMP keeps a team of threads for each thread that calls it. Pipelines have many streaming threads;
/// if each computed for itself, their teams would fight for the cores. Work is done in the order in
/// which it comes.
class ComputeThread {
 public:
  /// The process's own, started when it is first asked for.
  static ComputeThread &shared();

  ~ComputeThread();

  /// Runs `work` on the thread and waits for it; throws what it throws. On the thread itself it is
  /// simply called.
  template <class Work>
  auto run(Work &&work) -> std::invoke_result_t<Work> {
    if (std::this_thread::get_id() == thread_.get_id()) return work();
    std::packaged_task<std::invoke_result_t<Work>()> task(std::forward<Work>(work));
    auto result = task.get_future();
    post([&task] { task(); });
    return result.get();
  }

 private:
  ComputeThread();
  void post(std::function<void()> task);
  void work();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::thread thread_;  // last: it reads the others
};

}  // namespace naclip
