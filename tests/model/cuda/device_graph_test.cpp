// The network as CUDA graphs, our own stream, and memory over many frames, on a GPU.
#include <ATen/cuda/Sleep.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cstdlib>

#include "model/segmenter.h"
#include "on_device.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

using cuda::Network;
using cuda::Tensors;

class DeviceGraph : public testing::OnDevice {
 protected:
  at::Tensor run(const cuda::NetworkKey &key, const at::Tensor &input, const Network &network) {
    at::Tensor result;
    runner_->in_order(
        [&] { result = runner_->network(key, {input}, [&] { return network; })[0].to(at::kCPU); });
    return result;
  }
  at::Tensor on_device(const std::vector<std::int64_t> &shape) const {
    return at::randn(shape).to(device_);
  }
};

TEST_F(DeviceGraph, EveryReplayWorksOnItsOwnInput) {
  int calls = 0;
  const Network network = [&](const Tensors &inputs) -> Tensors {
    ++calls;
    return {at::matmul(inputs[0], inputs[0].t()).softmax(-1)};
  };
  for (int i = 0; i < 5; ++i) {
    const at::Tensor input = on_device({17, 9});
    const at::Tensor expected = at::matmul(input, input.t()).softmax(-1).to(at::kCPU);
    EXPECT_LE((run({1}, input, network) - expected).abs().max().item<double>(), 1e-5);
  }
  EXPECT_EQ(calls, 2) << "once as it is, once captured";
}

TEST_F(DeviceGraph, MoreShapesThanAreKeptStayRight) {
  const Network network = [](const Tensors &inputs) -> Tensors { return {inputs[0] * 2.0}; };
  for (int round = 0; round < 3; ++round)
    for (std::int64_t size = 1; size <= 7; ++size)
      for (int again = 0; again < 3; ++again) {
        const at::Tensor input = on_device({size, 5});
        EXPECT_TRUE(run({size}, input, network).equal((input * 2.0).to(at::kCPU)));
      }
}

TEST_F(DeviceGraph, WhatCannotBeCapturedRunsAsItIsAndIsToldOnce) {
  // item() waits for the device, which a capture does not allow.
  const Network network = [](const Tensors &inputs) -> Tensors {
    return {inputs[0] + inputs[0].sum().item<double>()};
  };
  for (int i = 0; i < 4; ++i) {
    const at::Tensor input = on_device({6});
    const at::Tensor expected = (input + input.sum()).to(at::kCPU);
    EXPECT_LE((run({1}, input, network) - expected).abs().max().item<double>(), 1e-5);
  }
  EXPECT_EQ(std::count(said_.begin(), said_.end(), '\n'), 1) << said_;
}

class DeviceSegmenter : public testing::OnDevice {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ModelOptions options;
    options.model = test::golden_folder() + "/tiny-openai.safetensors";
    options.device = "cuda";
    segmenter_ = load_segmenter(options);
    vocabulary_ = segmenter_->encode(Vocabulary::parse("cat; dog; sky, clouds"));
    bytes_.resize(120 * 160 * 3);
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      bytes_[i] = static_cast<std::uint8_t>(i * 7 + i / 480 * 3);
    picture_.height = 120;
    picture_.width = 160;
    picture_.planes[0] = bytes_.data();
    picture_.strides[0] = 480;
    options_.input_size = 96;
    options_.window_size = 64;
    options_.window_stride = 32;
  }

  Segmentation segment() {
    return segmenter_->segment({&picture_, 1}, *vocabulary_, options_).at(0);
  }

  std::unique_ptr<Segmenter> segmenter_;
  std::shared_ptr<const EncodedVocabulary> vocabulary_;
  std::vector<std::uint8_t> bytes_;
  Picture picture_;
  InferenceOptions options_;
};

TEST_F(DeviceSegmenter, ReplayedFramesEqualTheFirst) {
  const Segmentation first = segment();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(segment().labels, first.labels);
}

TEST_F(DeviceSegmenter, AChangedVocabularyOfEqualLengthTakesEffectInTheGraph) {
  for (int i = 0; i < 3; ++i) segment();
  const std::vector<std::uint8_t> before = segment().labels;
  vocabulary_ = segmenter_->encode(Vocabulary::parse("tree; river; car, bus"));
  const std::vector<std::uint8_t> replayed = segment().labels;
  ModelOptions fresh;
  fresh.model = test::golden_folder() + "/tiny-openai.safetensors";
  fresh.device = "cuda";
  const auto other = load_segmenter(fresh);
  const auto vocabulary = other->encode(Vocabulary::parse("tree; river; car, bus"));
  EXPECT_EQ(replayed, other->segment({&picture_, 1}, *vocabulary, options_).at(0).labels);
}

TEST_F(DeviceSegmenter, TheDefaultStreamIsNeitherUsedNorWaitedFor) {
  for (int i = 0; i < 3; ++i) segment();  // as it is, captured, replayed
  const c10::cuda::CUDAStream standard = c10::cuda::getDefaultCUDAStream(device_.index());
  at::cuda::sleep(4'000'000'000);  // cycles: a second and more
  segment();
  EXPECT_FALSE(standard.query());
  EXPECT_EQ(c10::cuda::getCurrentCUDAStream(device_.index()), standard);
}

TEST_F(DeviceSegmenter, ManyFramesTakeNoMoreMemoryThanAFew) {
  const char *given = std::getenv("NACLIP_GPU_FRAMES");
  const int frames = given != nullptr ? std::atoi(given) : 300;
  const auto reserved = [&] {
    return c10::cuda::CUDACachingAllocator::getDeviceStats(device_.index())
        .reserved_bytes[0]
        .current;
  };
  for (int i = 0; i < 10; ++i) segment();
  const std::int64_t before = reserved();
  for (int i = 0; i < frames; ++i) segment();
  EXPECT_LE(reserved(), before);
}

}  // namespace
}  // namespace naclip
