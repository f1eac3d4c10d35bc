// The kernels on a GPU against the plain forms, on the sizes where such kernels break.
#include <ATen/Context.h>

#include <tuple>

#include "model/cuda/operations.h"
#include "model/cuda/preprocess_arguments.h"
#include "model/plain/attention.h"
#include "model/plain/refine.h"
#include "model/plain/windows.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"
#include "on_device.h"

namespace naclip {
namespace {

using testing::OnDevice;

struct RefinementCase {
  int height, width, queries;
  std::vector<int> dilations;
};

class DeviceRefinement : public OnDevice, public ::testing::WithParamInterface<RefinementCase> {};

TEST_P(DeviceRefinement, EqualsPlain) {
  const auto &[height, width, queries, dilations] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({2, 3, height, width});
  const at::Tensor scores = at::randn({2, queries, height, width});
  for (const int steps : {1, 2, 5}) {
    at::Tensor ours;
    const at::Tensor given = scores.to(device_);
    runner_->in_order([&] {
      ours = cuda::refine(picture.to(device_), given, steps, dilations, at::kFloat).to(at::kCPU);
    });
    EXPECT_LE((ours - plain::refine(picture, scores, steps, dilations)).abs().max().item<double>(),
              1e-5);
    EXPECT_TRUE(given.to(at::kCPU).equal(scores)) << "the caller's scores were written";
  }
}

TEST_P(DeviceRefinement, InHalfPrecisionEqualsPlainButForAConstantAndRounding) {
  const auto &[height, width, queries, dilations] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({2, 3, height, width});
  const at::Tensor scores =
      (at::randn({2, queries, (height + 1) / 2, (width + 1) / 2}) * 0.02 + 0.25)
          .contiguous(at::MemoryFormat::ChannelsLast);
  const int steps = 10;
  at::Tensor ours;
  runner_->in_order([&] {
    ours = cuda::refine(picture.to(device_), scores.to(device_), steps, dilations, at::kHalf)
               .to(at::kCPU, at::kFloat);
  });
  const at::Tensor plain =
      plain::refine(picture, scores, steps, dilations) - scores.mean({1, 2, 3}).view({2, 1, 1, 1});
  EXPECT_LE((ours - plain).abs().max().item<double>(), (1 + steps) * 0x1p-15 * 1.1);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, DeviceRefinement,
    ::testing::Values(RefinementCase{1, 1, 1, {8, 16}}, RefinementCase{3, 5, 3, {8, 16}},
                      RefinementCase{2, 40, 8, {1}}, RefinementCase{17, 33, 9, {1, 2, 4}},
                      RefinementCase{24, 20, 16, {8}}, RefinementCase{12, 9, 171, {8, 16}},
                      RefinementCase{40, 1, 2, {64}}, RefinementCase{9, 14, 5, {1, 2, 4, 8, 12}},
                      RefinementCase{336, 597, 21, {8, 16}}));

struct DecodingCase {
  int queries, from_height, from_width, height, width;
};

class DeviceDecoding : public OnDevice, public ::testing::WithParamInterface<DecodingCase> {};

TEST_P(DeviceDecoding, EqualsPlain) {
  const auto &[queries, from_height, from_width, height, width] = GetParam();
  at::manual_seed(3);
  const at::Tensor scores = at::randn({1, queries, from_height, from_width}) * 0.05;
  DecodeOptions options;
  options.region_of_query = at::arange(1, queries + 1, at::kInt);
  options.regions = static_cast<std::size_t>(queries) + 1;
  DecodeOptions there = options;
  for (const bool own_threshold : {false, true})
    for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      options.threshold = there.threshold = own_threshold ? 0.3 : 0.0;
      if (own_threshold) options.threshold_of_query = at::linspace(-0.2, 0.6, queries);
      Segmentation ours;
      runner_->in_order([&] {
        there.region_of_query = options.region_of_query.to(device_);
        if (own_threshold) there.threshold_of_query = options.threshold_of_query.to(device_);
        ours = decode(scores.to(device_).contiguous(layout), height, width, there);
      });
      const Segmentation plain = plain::decode(scores, height, width, options);
      ASSERT_EQ(ours.labels.size(), plain.labels.size());
      ASSERT_EQ(ours.bytes_per_label, plain.bytes_per_label);
      std::size_t different = 0;
      for (std::size_t i = 0; i < ours.labels.size(); ++i)
        different += ours.labels[i] != plain.labels[i];
      EXPECT_LE(different, ours.labels.size() / 500);  // sums round differently at a tie
      double share = 0.0;
      for (std::size_t region = 0; region < options.regions; ++region) {
        share += ours.regions[region].share;
        EXPECT_NEAR(ours.regions[region].share, plain.regions[region].share, 0.002);
        EXPECT_NEAR(ours.regions[region].confidence, plain.regions[region].confidence,
                    different == 0 ? 1e-5 : 0.02);
      }
      EXPECT_NEAR(share, 1.0, 1e-9);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, DeviceDecoding,
    ::testing::Values(DecodingCase{1, 1, 1, 1, 1}, DecodingCase{21, 1, 1, 3, 5},
                      DecodingCase{5, 21, 28, 336, 448}, DecodingCase{171, 6, 4, 33, 17},
                      DecodingCase{300, 3, 5, 20, 30},
                      DecodingCase{5000, 2, 2, 9, 40},  // beyond shared memory
                      DecodingCase{21, 37, 45, 720, 1280}, DecodingCase{4, 40, 50, 13, 7}));

TEST_F(OnDevice, DecodingSeveralPicturesInHalfPrecisionIsThatOfEachAlone) {
  at::manual_seed(4);
  const at::Tensor scores = (at::randn({3, 21, 40, 50}) * 0.05).to(at::kHalf);
  DecodeOptions options;
  options.region_of_query = at::arange(1, 22, at::kInt);
  options.regions = 22;
  DecodeOptions there = options;
  std::vector<Segmentation> ours;
  runner_->in_order([&] {
    there.region_of_query = options.region_of_query.to(device_);
    const auto outcome =
        begin_decode(scores.to(device_).contiguous(at::MemoryFormat::ChannelsLast), 40, 50, there);
    cuda::wait(device_);
    ours = outcome();
  });
  ASSERT_EQ(ours.size(), 3U);
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(ours[static_cast<std::size_t>(i)].labels,
              plain::decode(scores.slice(0, i, i + 1).to(at::kFloat), 40, 50, options).labels);
}

TEST_F(OnDevice, StitchedWindowsEqualPlain) {
  at::manual_seed(9);
  const auto windows = windows_of(336, 597, 224, 112);
  const auto count = static_cast<std::int64_t>(windows.size());
  const at::Tensor scores = at::randn({2 * count, 14, 14, 21}).permute({0, 3, 1, 2});
  at::Tensor ours;
  runner_->in_order(
      [&] { ours = cuda::stitch_windows(scores.to(device_), windows, 336, 597).to(at::kCPU); });
  for (std::int64_t i = 0; i < 2; ++i) {
    const at::Tensor expected =
        plain::stitch_windows(scores.narrow(0, i * count, count), windows, 336, 597);
    EXPECT_LE((ours.slice(0, i, i + 1) - expected).abs().max().item<double>(), 1e-5);
  }
}

TEST_F(OnDevice, WhatLiesBetweenLinearLayersEqualsPlain) {
  at::manual_seed(10);
  for (const auto &[type, limit] :
       {std::pair{at::kFloat, 1e-5}, std::pair{at::kHalf, 1e-2}, std::pair{at::kBFloat16, 8e-2}})
    for (const std::int64_t width : {8, 768, 1280}) {
      const auto given = [&, type = type](std::vector<std::int64_t> shape) {
        return at::randn(shape).to(type);
      };
      const at::Tensor x = given({2, 197, width}), delta = given({2, 197, width}),
                       weight = given({width}), bias = given({width});
      at::Tensor sum, normed, quick_gelu, gelu;
      runner_->in_order([&] {
        at::Tensor there = x.to(device_);
        normed =
            cuda::add_and_normalise(there, delta.to(device_), weight.to(device_), bias.to(device_))
                .to(at::kCPU, at::kFloat);
        sum = there.to(at::kCPU, at::kFloat);
        at::Tensor activated = x.to(device_);
        cuda::quick_gelu(activated);
        quick_gelu = activated.to(at::kCPU, at::kFloat);
        activated = x.to(device_);
        cuda::gelu(activated);
        gelu = activated.to(at::kCPU, at::kFloat);
      });
      const at::Tensor exact = x.to(at::kFloat);
      const at::Tensor expected_sum = exact + delta.to(at::kFloat);
      const auto error = [](const at::Tensor &a, const at::Tensor &b) {
        return (a - b).abs().max().item<double>();
      };
      EXPECT_LE(error(sum, expected_sum), limit);
      EXPECT_LE(error(normed, at::layer_norm(sum, {width}, weight.to(at::kFloat),
                                             bias.to(at::kFloat), 1e-5)),
                4 * limit);
      EXPECT_LE(error(quick_gelu, exact * at::sigmoid(1.702 * exact)), limit);
      EXPECT_LE(error(gelu, at::gelu(exact)), limit);
    }
}

/// A frame of noise whose rows are padded, on the host and on the device.
struct Frames {
  std::array<at::Tensor, 3> host, device;
  Picture on_host, on_device;

  Frames(PixelFormat format, int height, int width, const at::Device &where) {
    on_host.format = format;
    on_host.height = height;
    on_host.width = width;
    const auto shapes = plane_shapes(on_host);
    on_device = on_host;
    on_device.cuda_device = where.index();
    for (std::size_t plane = 0; plane < shapes.size(); ++plane) {
      host[plane] = at::randint(256, {shapes[plane].rows, shapes[plane].row_bytes + 7}, at::kByte);
      device[plane] = host[plane].to(where);
      on_host.strides[plane] = on_device.strides[plane] = shapes[plane].row_bytes + 7;
      on_host.planes[plane] = host[plane].data_ptr<std::uint8_t>();
      on_device.planes[plane] = device[plane].data_ptr<std::uint8_t>();
    }
  }
};

class DevicePreprocessing : public OnDevice, public ::testing::WithParamInterface<PixelLayout> {};

TEST_P(DevicePreprocessing, OfHostAndDevicePicturesEqualsTheCpusForm) {
  at::manual_seed(11);
  for (const auto &[height, width, to_height, to_width] :
       {std::array{1, 1, 3, 5}, std::array{3, 5, 1, 1}, std::array{57, 83, 33, 48},
        std::array{1080, 1920, 336, 597}}) {
    const Frames frames(GetParam().format, height, width, device_);
    const PictureSize size{to_height, to_width};
    const at::Tensor expected = preprocess(frames.on_host, size);
    for (const Picture &picture : {frames.on_host, frames.on_device}) {
      at::Tensor ours;
      runner_->in_order([&] { ours = runner_->preprocess(picture, size).to(at::kCPU); });
      EXPECT_LE((ours - expected).abs().max().item<double>(), 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DevicePreprocessing, ::testing::ValuesIn(kPixelLayouts),
                         [](const auto &layout) { return std::string(layout.param.name); });

TEST_F(OnDevice, APictureOfAnotherDeviceIsRefused) {
  Frames frames(PixelFormat::kNv12, 8, 8, device_);
  frames.on_device.cuda_device = 63;
  EXPECT_THROW(runner_->in_order([&] { runner_->preprocess(frames.on_device, {8, 8}); }), Error);
}

class DeviceAttention
    : public OnDevice,
      public ::testing::WithParamInterface<std::tuple<std::int64_t, at::ScalarType, bool>> {};

// The forms that libtorch may choose from differ in what they make of a mask.
TEST_P(DeviceAttention, WithAMaskInHalfPrecisionIsThatOfFloat32) {
  const auto [tokens, type, cudnn] = GetParam();
  at::manual_seed(12);
  const auto on_host = [&] { return at::randn({2, 12, tokens, 64}); };
  const Projections exact{on_host(), on_host(), on_host()};
  const at::Tensor mask = at::randn({tokens, tokens});
  const at::Tensor expected = plain::attention(exact, mask);
  const auto there = [&, type = type](const at::Tensor &tensor) {
    return tensor.to(device_, type);
  };
  at::globalContext().setSDPUseCuDNN(cudnn);
  at::Tensor ours;
  runner_->in_order([&] {
    ours = plain::attention({there(exact.query), there(exact.key), there(exact.value)}, there(mask))
               .to(at::kCPU, at::kFloat);
  });
  at::globalContext().setSDPUseCuDNN(false);
  const double limit = type == at::kHalf ? 0.02 : 0.1;  // 10 and 7 bits of mantissa, values to 4
  EXPECT_LE((ours - expected).abs().max().item<double>(), limit);
}

INSTANTIATE_TEST_SUITE_P(Shapes, DeviceAttention,
                         ::testing::Combine(::testing::Values(197, 589),
                                            ::testing::Values(at::kHalf, at::kBFloat16),
                                            ::testing::Bool()));

}  // namespace
}  // namespace naclip
