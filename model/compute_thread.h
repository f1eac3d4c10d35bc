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
    return run_from(tasks_, std::forward<Work>(work));
  }

  /// The same for a short piece that need not wait for the whole of what is being done: it is also run where that
  /// lets it by.
  template <class Work>
  auto run_between(Work &&work) -> std::invoke_result_t<Work> {
    return run_from(short_tasks_, std::forward<Work>(work));
  }

  /// Called by work in the middle of it: runs one piece of run_between(), if any waits. At most one gets by a piece
  /// of work, so that many do not hold it up for long. Does nothing on other threads.
  void let_by();

 private:
  using Tasks = std::deque<std::function<void()>>;

  ComputeThread();
  template <class Work>
  auto run_from(Tasks &tasks, Work &&work) -> std::invoke_result_t<Work> {
    if (std::this_thread::get_id() == thread_.get_id()) return work();
    std::packaged_task<std::invoke_result_t<Work>()> task(std::forward<Work>(work));
    auto result = task.get_future();
    post(tasks, [&task] { task(); });
    return result.get();
  }
  void post(Tasks &tasks, std::function<void()> task);
  void work();
  static std::function<void()> take(Tasks &tasks);

  std::mutex mutex_;
  std::condition_variable posted_;
  Tasks tasks_, short_tasks_;
  bool ending_ = false;
  bool may_let_by_ = false;  // the thread's own
  std::thread thread_;       // last: it reads the others
};

}  // namespace naclip
