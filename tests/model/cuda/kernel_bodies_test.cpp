// What the CUDA kernels do for a pixel, compiled for the host and run in a loop over pixels,
// against the plain forms in tensor operations. The device runs the same lines.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/cuda/decode.cuh"
#include "model/cuda/preprocess.cuh"
#include "model/cuda/preprocess_arguments.h"
#include "model/cuda/refine.cuh"
#include "model/cuda/score_map.h"
#include "model/cuda/window_grids.h"
#include "model/plain/refine.h"
#include "model/plain/windows.h"
#include "model/stages/decode.h"
#include "model/stages/preprocess.h"
#include "model/stages/refine.h"

namespace naclip {
namespace {

// --- PAMR ----------------------------------------------------------------------------------------

struct RefinementCase {
  int height, width, queries;
  std::vector<int> dilations;
};

kernel::Dilations as_kernel_argument(const std::vector<int> &dilations) {
  kernel::Dilations result{};
  result.count = static_cast<int>(dilations.size());
  std::copy(dilations.begin(), dilations.end(), result.pixels);
  return result;
}

/// As the kernels: weights once, then steps from one map to another.
at::Tensor refined_on_host(const at::Tensor &picture, const at::Tensor &scores, int steps,
                           const std::vector<int> &given, bool as_many) {
  const kernel::Dilations dilations = as_kernel_argument(given);
  const int height = static_cast<int>(scores.size(2)), width = static_cast<int>(scores.size(3));
  const int queries = static_cast<int>(scores.size(1));
  at::Tensor weights = at::full({dilations.count * 8, height, width}, std::nan(""), at::kFloat);
  at::Tensor current = scores.contiguous().clone();
  at::Tensor next = at::full_like(current, std::nan(""));
  const auto each_pixel = [&](const auto &work) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) work(y, x);
  };
  each_pixel([&](int y, int x) {
    kernel::refine_weights_pixel(picture.data_ptr<float>(), y, x, height, width, dilations,
                                 weights.data_ptr<float>(), nullptr);
  });
  for (int step = 0; step < steps; ++step) {
    each_pixel([&](int y, int x) {
      // Two shares of the channels, as blockIdx.z deals them out.
      for (const auto &[begin, end] :
           {std::pair{0, queries / 2}, std::pair{queries / 2, queries}}) {
        const auto run = [&](auto body) {
          body(current.data_ptr<float>(), weights.data_ptr<float>(), y, x, height, width, dilations,
               begin, end, next.data_ptr<float>());
        };
        if (as_many)
          run(kernel::refine_step_pixel_of_many);
        else if (dilations.count == 1)
          run(kernel::refine_step_pixel<1>);
        else if (dilations.count == 2)
          run(kernel::refine_step_pixel<2>);
        else
          run(kernel::refine_step_pixel<3>);
      }
    });
    std::swap(current, next);
  }
  return current;
}

class KernelRefinement : public ::testing::TestWithParam<RefinementCase> {};

TEST_P(KernelRefinement, EqualsPlain) {
  const auto &[height, width, queries, dilations] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, height, width});
  const at::Tensor scores = at::randn({1, queries, height, width});
  for (const int steps : {1, 4}) {
    const at::Tensor plain = plain::refine(picture, scores, steps, dilations);
    for (const bool as_many : {false, true}) {
      if (!as_many && dilations.size() > 3) continue;
      const at::Tensor ours = refined_on_host(picture, scores, steps, dilations, as_many);
      EXPECT_LE((ours - plain).abs().max().item<double>(), 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, KernelRefinement,
    ::testing::Values(RefinementCase{1, 1, 1, {8, 16}}, RefinementCase{3, 5, 3, {8, 16}},
                      RefinementCase{2, 40, 8, {1}}, RefinementCase{17, 33, 9, {1, 2, 4}},
                      RefinementCase{24, 20, 16, {8}}, RefinementCase{12, 9, 171, {8, 16}},
                      RefinementCase{40, 1, 2, {64}}, RefinementCase{9, 14, 5, {1, 2, 4, 8, 12}}));

// --- PAMR in half precision ----------------------------------------------------------------------

using HalfPack = kernel::Pack<kernel::Half>;

HalfPack *packs_in(const at::Tensor &map) {
  return static_cast<HalfPack *>(map.data_ptr());
}

/// As the kernels: stretched less their mean, weights once, then steps. -> [1, Q, H, W] float32
at::Tensor refined_in_half_on_host(const at::Tensor &picture, const at::Tensor &scores, int steps,
                                   const std::vector<int> &given) {
  const kernel::Dilations dilations = as_kernel_argument(given);
  const int height = static_cast<int>(picture.size(2)), width = static_cast<int>(picture.size(3));
  const int packs = (static_cast<int>(scores.size(1)) + 7) / 8;
  const auto half = [&](std::int64_t channels) {
    return at::full({height, width, channels}, std::nan(""), at::kHalf);
  };
  const at::Tensor scratch = at::empty({dilations.count * 8, height, width}, at::kFloat),
                   weights = half(dilations.count * 8);
  at::Tensor current = half(packs * 8), next = half(packs * 8);
  const kernel::ScoreMap<float> map = cuda::score_map<float>(scores);
  const auto each_pixel = [&](const auto &work) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) work(y, x);
  };
  each_pixel([&](int y, int x) {
    kernel::refine_weights_pixel(picture.data_ptr<float>(), y, x, height, width, dilations,
                                 scratch.data_ptr<float>(),
                                 static_cast<kernel::Half *>(weights.data_ptr()));
    for (int pack = 0; pack < packs; ++pack)
      packs_in(current)[(y * width + x) * packs + pack] =
          kernel::stretched_pack(map, scores.mean().item<float>(), 0, y, x, pack, height, width);
  });
  for (int step = 0; step < steps; ++step) {
    each_pixel([&](int y, int x) {
      for (int pack = 0; pack < packs; ++pack)
        kernel::refine_step_pack(packs_in(current), packs_in(weights), y, x, pack, packs, height,
                                 width, dilations, packs_in(next));
    });
    std::swap(current, next);
  }
  return current.to(at::kFloat).permute({2, 0, 1}).unsqueeze(0).narrow(1, 0, scores.size(1));
}

TEST_P(KernelRefinement, InHalfPrecisionEqualsPlainButForAConstantAndRounding) {
  const auto &[height, width, queries, dilations] = GetParam();
  at::manual_seed(7);
  const at::Tensor picture = at::randn({1, 3, height, width});
  // Cosines of patches and words: close to one another, far from 0.
  const at::Tensor scores =
      (at::randn({1, queries, (height + 1) / 2, (width + 1) / 2}) * 0.02 + 0.25)
          .contiguous(at::MemoryFormat::ChannelsLast);
  const int steps = 10;
  const at::Tensor plain = plain::refine(picture, scores, steps, dilations) - scores.mean();
  const at::Tensor ours = refined_in_half_on_host(picture, scores, steps, dilations);
  // Below 1/8 numbers are rounded by 2^-15 at most: at first, and in each step.
  EXPECT_LE((ours - plain).abs().max().item<double>(), (1 + steps) * 0x1p-15 * 1.1);
}

// --- Windows -------------------------------------------------------------------------------------

TEST(KernelStitching, EqualsPlain) {
  at::manual_seed(9);
  for (const auto &[height, width, size, stride] :
       {std::array<std::int64_t, 4>{33, 47, 16, 8}, std::array<std::int64_t, 4>{16, 40, 16, 5},
        std::array<std::int64_t, 4>{20, 18, 32, 8}}) {
    const auto windows = windows_of(height, width, size, stride);
    const std::int64_t rows = windows[0].height / 4, columns = windows[0].width / 4, queries = 3;
    const at::Tensor scores =
        at::randn({static_cast<std::int64_t>(windows.size()), rows, columns, queries});
    const kernel::WindowGrids grids =
        cuda::window_grids(scores.permute({0, 3, 1, 2}), windows).value();
    at::Tensor ours = at::empty({height, width, queries});
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int query = 0; query < queries; ++query)
          ours[y][x][query] = kernel::stitched_score(grids, 0, y, x, query);
    const at::Tensor plain =
        plain::stitch_windows(scores.permute({0, 3, 1, 2}), windows, height, width);
    EXPECT_LE((ours.permute({2, 0, 1}) - plain[0]).abs().max().item<double>(), 1e-5);
  }
}

TEST(KernelStitching, TooManyWindowsForTheKernelAreTold) {
  const auto windows = windows_of(80, 16, 16, 1);
  ASSERT_EQ(windows.size(), 65U);
  EXPECT_FALSE(cuda::window_grids(at::empty({65, 1, 4, 4}), windows).has_value());
}

// --- Decoding
// --------------------------------------------------------------------------------------

struct DecodingCase {
  int queries, from_height, from_width, height, width;
  bool channels_last;
};

class KernelDecoding : public ::testing::TestWithParam<DecodingCase> {};

TEST_P(KernelDecoding, EqualsPlain) {
  const auto &[queries, from_height, from_width, height, width, channels_last] = GetParam();
  at::manual_seed(3);
  at::Tensor scores = at::randn({1, queries, from_height, from_width}) * 0.05;
  if (channels_last) scores = scores.contiguous(at::MemoryFormat::ChannelsLast);
  DecodeOptions options;
  options.region_of_query = at::arange(1, queries + 1, at::kInt);
  options.regions = static_cast<std::size_t>(queries) + 1;
  for (const auto &[threshold, own] : {std::pair{0.0, false}, {0.3, false}, {0.3, true}}) {
    options.threshold = threshold;
    if (own) options.threshold_of_query = at::linspace(-0.2, 0.6, queries);
    const Segmentation plain = plain::decode(scores, height, width, options);
    const kernel::ScoreMap<float> map = cuda::score_map<float>(scores);
    const kernel::Decoding decoding{options.region_of_query.data_ptr<int>(),
                                    40.0F,
                                    static_cast<float>(threshold),
                                    height,
                                    width,
                                    own ? options.threshold_of_query.data_ptr<float>() : nullptr};
    std::size_t different = 0;
    std::vector<kernel::Wide> counts(options.regions), units(options.regions);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const kernel::Decision decision = kernel::decode_pixel(map, decoding, 0, y, x);
        const std::size_t pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                  static_cast<std::size_t>(x);
        const int expected = plain.bytes_per_label == 1
                                 ? plain.labels[pixel]
                                 : plain.labels[2 * pixel] | plain.labels[2 * pixel + 1] << 8;
        different += decision.region != expected;
        ++counts[static_cast<std::size_t>(decision.region)];
        units[static_cast<std::size_t>(decision.region)] +=
            kernel::probability_units(decision.probability);
      }
    EXPECT_LE(different, plain.labels.size() / 500);  // sums round differently at a tie
    for (std::size_t region = 0; region < options.regions; ++region) {
      const double count = static_cast<double>(counts[region]);
      EXPECT_NEAR(count / (height * width), plain.regions[region].share, 0.002);
      if (counts[region] == 0) continue;
      EXPECT_NEAR(static_cast<double>(units[region]) / 4294967296.0 / count,
                  plain.regions[region].confidence, different == 0 ? 1e-5 : 0.02);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, KernelDecoding,
                         ::testing::Values(DecodingCase{1, 1, 1, 1, 1, false},
                                           DecodingCase{21, 1, 1, 3, 5, true},
                                           DecodingCase{5, 21, 28, 336, 448, true},
                                           DecodingCase{171, 6, 4, 33, 17, true},
                                           DecodingCase{300, 3, 5, 20, 30, false},
                                           DecodingCase{21, 40, 33, 40, 33, false},
                                           DecodingCase{4, 40, 50, 13, 7, false}));

TEST(KernelDecodingOf, EqualScoresGoToTheFirstWord) {
  const std::vector<float> scores{0.25F, 0.5F, 0.5F};
  const std::vector<int> regions{1, 2, 3};
  const kernel::ScoreMap<float> map{scores.data(), 3, 1, 1, 1, 3, 1, 1};
  const kernel::Decision decision =
      kernel::decode_pixel(map, {regions.data(), 1.0F, 0.0F, 1, 1}, 0, 0, 0);
  EXPECT_EQ(decision.region, 2);
  EXPECT_NEAR(decision.probability, 1.0 / (2.0 + std::exp(-0.25)), 1e-6);
}

TEST(KernelDecodingOf, UnitsOfProbabilityHoldAllPixelsOfTheLargestMask) {
  EXPECT_EQ(kernel::probability_units(0.0F), 0U);
  EXPECT_EQ(kernel::probability_units(1.0F), 1ULL << 32);
  EXPECT_EQ(kernel::probability_units(0.5F), 1ULL << 31);
}

// --- Preprocessing
// -----------------------------------------------------------------------------------

struct PreprocessCase {
  PixelFormat format;
  int height, width, to_height, to_width;
  ColourMatrix matrix;
  ColourRange range;
};

/// A frame of noise whose rows are padded.
struct Noise {
  std::array<std::vector<std::uint8_t>, 3> bytes;
  Picture picture;

  explicit Noise(const PreprocessCase &one) {
    picture.format = one.format;
    picture.width = one.width;
    picture.height = one.height;
    picture.matrix = one.matrix;
    picture.range = one.range;
    const auto shapes = plane_shapes(picture);
    unsigned state = 12345;
    for (std::size_t plane = 0; plane < shapes.size(); ++plane) {
      picture.strides[plane] = shapes[plane].row_bytes + 7;
      bytes[plane].resize(static_cast<std::size_t>(picture.strides[plane] * shapes[plane].rows));
      for (std::uint8_t &byte : bytes[plane]) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(state >> 24);
      }
      picture.planes[plane] = bytes[plane].data();
    }
  }
};

class KernelPreprocessing : public ::testing::TestWithParam<PreprocessCase> {};

TEST_P(KernelPreprocessing, EqualsTheCpusForm) {
  const PreprocessCase &one = GetParam();
  const Noise noise(one);
  const at::Tensor expected = preprocess(noise.picture, {one.to_height, one.to_width});
  at::Tensor ours = at::full_like(expected, std::nan(""));
  const kernel::Frame frame = kernel_frame(noise.picture);
  for (int y = 0; y < one.to_height; ++y)
    for (int x = 0; x < one.to_width; ++x)
      kernel::preprocess_pixel(frame, kernel_normalisation(), y, x, one.to_height, one.to_width,
                               ours.data_ptr<float>());
  // A step of 8 bits is 0.014 or more.
  const at::Tensor difference = (ours - expected).abs();
  EXPECT_LE(difference.max().item<double>(), 1e-4)
      << "different: " << difference.gt(1e-4).sum().item<std::int64_t>();
}

std::vector<PreprocessCase> preprocess_cases() {
  std::vector<PreprocessCase> cases;
  for (const PixelLayout &layout : kPixelLayouts)
    for (const auto &[height, width, to_height, to_width] :
         {std::array{1, 1, 3, 5}, std::array{3, 5, 1, 1}, std::array{3, 5, 16, 27},
          std::array{57, 83, 33, 48}})
      for (const ColourMatrix matrix :
           {ColourMatrix::kBt601, ColourMatrix::kBt709, ColourMatrix::kBt2020})
        for (const ColourRange range : {ColourRange::kLimited, ColourRange::kFull}) {
          if (!layout.ycbcr && (matrix != ColourMatrix::kBt601 || range != ColourRange::kFull))
            continue;
          cases.push_back({layout.format, height, width, to_height, to_width, matrix, range});
        }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Formats, KernelPreprocessing, ::testing::ValuesIn(preprocess_cases()));

}  // namespace
}  // namespace naclip
