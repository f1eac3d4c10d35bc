// A GPU for tests of what runs on one, which are skipped where there is none.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/cuda/runner.h"
#include "model/machine/device.h"

namespace naclip::testing {

class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      device_ = choose_compute("cuda", Precision::kFloat32).device;
    } catch (const Error &error) {
      GTEST_SKIP() << error.what();
    }
    runner_ = cuda::Runner::on(device_, [this](LogLevel level, const Error &line) {
      if (level != LogLevel::kDebug) said_ += std::string(line.what()) + "\n";
    });
    ASSERT_NE(runner_, nullptr) << "this build has no CUDA part";
    EXPECT_EQ(said_, "") << "the kernels could not be had";
  }

  at::Device device_{at::kCPU};
  std::unique_ptr<cuda::Runner> runner_;
  std::string said_;  // what was logged
};

}  // namespace naclip::testing
