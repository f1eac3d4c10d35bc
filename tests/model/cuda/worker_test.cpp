#include "model/cuda/worker.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace naclip::cuda {
namespace {

TEST(Worker, DoesTheWorkOfAllThreadsOnOneOfItsOwn) {
  Worker worker;
  std::thread::id first;
  worker.run([&] { first = std::this_thread::get_id(); });
  EXPECT_NE(first, std::this_thread::get_id());
  int at_once = 0, done = 0;  // on the worker's thread alone
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        worker.run([&] {
          EXPECT_EQ(++at_once, 1);
          EXPECT_EQ(std::this_thread::get_id(), first);
          ++done;
          --at_once;
        });
    });
  threads.clear();
  EXPECT_EQ(done, 200);
}

TEST(Worker, WhatTheWorkThrowsIsThrownToItsCallerAndTheNextOneRuns) {
  Worker worker;
  EXPECT_THROW(worker.run([] { throw std::runtime_error("no memory"); }), std::runtime_error);
  bool ran = false;
  worker.run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace naclip::cuda
