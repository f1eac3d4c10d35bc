// Threads, processors and the BLAS.
#include <glib.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "model/machine/blas.h"
#include "model/machine/compute_thread.h"
#include "model/machine/cpu.h"
#include "model/process/openblas_core.h"

namespace naclip {
namespace {

TEST(ComputeThread, IsOneForAllCallers) {
  std::set<std::thread::id> seen;
  std::mutex mutex;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const auto id = ComputeThread::shared().run([] { return std::this_thread::get_id(); });
        const std::lock_guard lock(mutex);
        seen.insert(id);
      }
    });
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_FALSE(seen.contains(std::this_thread::get_id()));
}

TEST(ComputeThread, HandsBackWhatIsThrown) {
  EXPECT_THROW(ComputeThread::shared().run([] { throw std::out_of_range("x"); }),
               std::out_of_range);
  EXPECT_EQ(ComputeThread::shared().run([] { return 7; }), 7);
}

TEST(ComputeThread, AShortPieceGetsByLongWorkOnce) {
  auto &thread = ComputeThread::shared();
  std::vector<std::string> order;
  std::latch running(1), posted(2);
  std::thread longer([&] {
    thread.run([&] {
      running.count_down();
      posted.wait();
      order.emplace_back("first half");
      // Both are in line once their callers wait; interruption_point() finds them sooner or later.
      while (order.size() < 2) thread.interruption_point();
      for (int i = 0; i < 1000; ++i) thread.interruption_point();
      order.emplace_back("second half");
    });
  });
  running.wait();
  std::vector<std::thread> shorter;
  for (int i = 0; i < 2; ++i)
    shorter.emplace_back([&] {
      posted.count_down();
      thread.run_between([&] { order.emplace_back("short"); });
    });
  longer.join();
  for (std::thread &one : shorter) one.join();
  EXPECT_EQ(order, (std::vector<std::string>{"first half", "short", "second half", "short"}));
}

TEST(ComputeThread, WorkEndsAtAnInterruptionPointOnceItsStopWasRequested) {
  auto &thread = ComputeThread::shared();
  std::stop_source source;
  bool went_on = false;
  EXPECT_THROW(thread.run(
                   [&] {
                     thread.interruption_point();
                     source.request_stop();
                     thread.interruption_point();
                     went_on = true;
                   },
                   source.get_token()),
               Interrupted);
  EXPECT_FALSE(went_on);
  EXPECT_EQ(thread.run([&] { return thread.interruption_point(), 3; }), 3)
      << "the next has no stop";
}

TEST(ComputeThread, WorkInLineIsWithdrawnOnceItsStopIsRequested) {
  auto &thread = ComputeThread::shared();
  std::latch running(1), withdrawn(1);
  std::thread longer([&] {
    thread.run([&] {
      running.count_down();
      withdrawn.wait();  // for ever, if what is in line had to wait for its turn
    });
  });
  running.wait();
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  EXPECT_THROW(thread.run([] { FAIL() << "it was to be withdrawn"; }, source.get_token()),
               Interrupted);
  withdrawn.count_down();
  longer.join();
}

TEST(ComputeThread, AShortPieceThatIsStoppedLeavesTheLongOneAlone) {
  auto &thread = ComputeThread::shared();
  std::stop_source source;
  std::latch running(1);
  std::atomic<bool> short_ran = false;
  std::thread longer([&] {
    thread.run([&] {
      running.count_down();
      while (!short_ran) thread.interruption_point();
      thread.interruption_point();
    });
  });
  running.wait();
  EXPECT_THROW(thread.run_between(
                   [&] {
                     short_ran = true;
                     source.request_stop();
                     thread.interruption_point();
                   },
                   source.get_token()),
               Interrupted);
  longer.join();
}

TEST(ComputeThread, WorkMayRunMoreWork) {
  EXPECT_EQ(
      ComputeThread::shared().run([] { return ComputeThread::shared().run([] { return 5; }); }), 5);
}

TEST(Processors, CoresAreThoseThatTheProcessMayUse) {
  const int all = available_cores();
  EXPECT_GE(all, 1);
  EXPECT_LE(all, static_cast<int>(g_get_num_processors()));
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_cores(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(Blas, WarnsOfTheSlowOnesAlone) {
  EXPECT_NE(
      blas_warning("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0").find("libopenblas0-openmp"),
      std::string::npos);
  EXPECT_NE(blas_warning("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"), "");
  EXPECT_EQ(blas_warning("/usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3"), "");
  EXPECT_EQ(blas_warning("/opt/intel/mkl/lib/libmkl_rt.so"), "");
  EXPECT_EQ(blas_warning(""), "");
}

TEST(OpenBlasCore, IsNamedForProcessorsThatItDoesNotKnow) {
  using enum Processor::Vendor;
  const auto core = [](const Processor &processor) -> std::string {
    const char *name = openblas_core(processor);
    return name == nullptr ? "" : name;
  };
  EXPECT_EQ(core({kIntel, 6, 207, true, true}), "SkylakeX") << "Emerald Rapids";
  EXPECT_EQ(core({kIntel, 6, 173, true, true}), "SkylakeX") << "Granite Rapids";
  EXPECT_EQ(core({kIntel, 6, 175, true, false}), "Haswell") << "Sierra Forest";
  EXPECT_EQ(core({kIntel, 19, 1, true, true}), "SkylakeX") << "Diamond Rapids";
  EXPECT_EQ(core({kAmd, 26, 2, true, true}), "SkylakeX") << "Zen 5";
  EXPECT_EQ(core({kIntel, 6, 207, false, false}), "") << "a machine without AVX";
  EXPECT_EQ(core({kIntel, 6, 143, true, true}), "") << "Sapphire Rapids";
  EXPECT_EQ(core({kIntel, 6, 106, true, true}), "") << "Ice Lake";
  EXPECT_EQ(core({kAmd, 25, 17, true, true}), "") << "Zen 4";
  EXPECT_EQ(core({kOther, 7, 250, true, true}), "");
}

TEST(Blas, IsFoundWhereLibtorchUsesTheSystems) {
  const std::string file = blas_file();
  if (file.empty()) GTEST_SKIP() << "this libtorch has its BLAS within";
  EXPECT_TRUE(g_file_test(file.c_str(), G_FILE_TEST_IS_REGULAR)) << file;
}

}  // namespace
}  // namespace naclip
