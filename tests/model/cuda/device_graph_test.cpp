// The network as CUDA graphs on a GPU.
#include <algorithm>

#include "on_device.h"

namespace naclip {
namespace {

using cuda::Network;

class DeviceGraph : public testing::OnDevice {
 protected:
  at::Tensor run(const cuda::NetworkKey &key, const std::vector<at::Tensor> &pictures,
                 const Network &network) {
    at::Tensor result;
    runner_->in_order(
        [&] { result = runner_->network(key, pictures, [&] { return network; }).to(at::kCPU); });
    return result;
  }
  at::Tensor on_device(const std::vector<std::int64_t> &shape) const {
    return at::randn(shape).to(device_);
  }
};

TEST_F(DeviceGraph, EveryReplayWorksOnItsOwnInput) {
  int calls = 0;
  const Network network = [&](const at::Tensor &batch) {
    ++calls;
    return at::matmul(batch, batch.transpose(1, 2)).softmax(-1);
  };
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = on_device({1, 17, 9});
    const at::Tensor expected = at::matmul(input, input.transpose(1, 2)).softmax(-1).to(at::kCPU);
    EXPECT_LE((run({1}, {input}, network) - expected).abs().max().item<double>(), 1e-5);
  }
  EXPECT_EQ(calls, 2) << "once as it is, once captured";
}

TEST_F(DeviceGraph, MoreShapesThanAreKeptStayRight) {
  const Network network = [](const at::Tensor &batch) { return batch * 2.0; };
  for (int round = 0; round < 3; ++round)
    for (std::int64_t size = 1; size <= 25; ++size)
      for (int again = 0; again < 3; ++again) {
        const at::Tensor input = on_device({1, size, 5});
        EXPECT_TRUE(run({size}, {input}, network).equal((input * 2.0).to(at::kCPU)));
      }
}

TEST_F(DeviceGraph, ABatchIsPaddedAndItsFirstPlacesAreThePictures) {
  const Network network = [](const at::Tensor &batch) { return batch * 2.0; };
  for (int i = 0; i < 4; ++i) {
    std::vector<at::Tensor> pictures;
    for (int picture = 0; picture < 5 + i; ++picture) pictures.push_back(on_device({1, 3, 4}));
    const at::Tensor result = run({1}, pictures, network);
    ASSERT_EQ(result.size(0), 8);
    EXPECT_TRUE(result.narrow(0, 0, 5 + i).equal((at::cat(pictures) * 2.0).to(at::kCPU)));
  }
}

TEST_F(DeviceGraph, WhatCannotBeCapturedRunsAsItIsAndIsToldOnce) {
  // item() waits for the device, which a capture does not allow.
  const Network network = [](const at::Tensor &batch) {
    return batch + batch.sum().item<double>();
  };
  for (int i = 0; i < 4; ++i) {
    const at::Tensor input = on_device({1, 6});
    const at::Tensor expected = (input + input.sum()).to(at::kCPU);
    EXPECT_LE((run({1}, {input}, network) - expected).abs().max().item<double>(), 1e-5);
  }
  EXPECT_EQ(std::count(said_.begin(), said_.end(), '\n'), 1) << said_;
}

}  // namespace
}  // namespace naclip
