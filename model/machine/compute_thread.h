// The one thread that computes on the CPU for all of a process.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

#include "model/process/process_exit.h"

namespace naclip {

/// OpenMP keeps a team of threads for each thread that calls it. Pipelines have many streaming
/// threads; if each computed for itself, their teams would fight for the cores. Work is done in the
/// order in which it comes.
class ComputeThread {
 public:
  /// The process's own, started when it is first asked for; it is there until the process has
  /// ended.
  static ComputeThread &shared();

  /// Runs `work` on the thread and waits for it; throws what it throws. On the thread itself it is
  /// simply called. Throws Interrupted where `stop` is requested before the work's turn comes, and
  /// at the work's next interruption_point() else; likewise where the process exits.
  template <class Work>
  auto run(Work &&work, const std::stop_token &stop = {}) -> std::invoke_result_t<Work> {
    return run_from(tasks_, std::forward<Work>(work), stop);
  }

  /// The same for short work that need not wait until the current work is done: it may also run at
  /// an interruption_point() of the current work.
  template <class Work>
  auto run_between(Work &&work, const std::stop_token &stop = {}) -> std::invoke_result_t<Work> {
    return run_from(short_tasks_, std::forward<Work>(work), stop);
  }

  /// Called by work while it runs. Throws Interrupted where the work is to end; else runs one
  /// waiting task of run_between(), if any. At most one runs during each piece of work, so that
  /// many do not delay it for long. Does nothing on other threads.
  void interruption_point();

 private:
  struct Task {
    const void *owner;  // tells it from the others in line
    std::function<void()> run;
    std::stop_token stop;
  };
  using Tasks = std::deque<Task>;

  ComputeThread();
  ~ComputeThread() = delete;  // a process may exit while it works

  template <class Work>
  auto run_from(Tasks &tasks, Work &&work, const std::stop_token &stop)
      -> std::invoke_result_t<Work> {
    if (std::this_thread::get_id() == thread_.get_id()) return work();
    std::optional<std::packaged_task<std::invoke_result_t<Work>()>> task([&] {
      const ExitSection section;
      if (stop.stop_requested()) throw Interrupted();
      return work();
    });
    auto result = task->get_future();
    post(tasks, {&task, [&task] { (*task)(); }, stop});
    bool withdrawn = false;
    const std::stop_callback withdraw_it(stop, [&] {
      withdrawn = withdraw(tasks, &task);
      if (withdrawn) task.reset();  // which wakes who waits
    });
    try {
      return result.get();
    } catch (const std::future_error &) {
      if (withdrawn) throw Interrupted();
      throw;
    }
  }
  void post(Tasks &tasks, Task task);
  bool withdraw(Tasks &tasks, const void *owner);
  static Task take(Tasks &tasks);
  void run(const Task &task);
  void work();

  std::mutex mutex_;
  std::condition_variable posted_;
  Tasks tasks_, short_tasks_;
  std::stop_token stop_;     // the thread's own: of the work that it does
  bool may_let_by_ = false;  // likewise
  std::thread thread_;       // last: it reads the others
};

}  // namespace naclip
