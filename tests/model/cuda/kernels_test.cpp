// The kernels, thread by thread on the host, with the grids that Kernels gives them: indices, edges
// of the grid, shares of channels, and the reduction of the statistics in warps and blocks.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "kernel_emulation.h"
#include "model/cuda/kernel_arguments.h"
#include "model/cuda/kernel_grids.h"

// After the emulation, which gives meaning to its words.
#include "model/cuda/kernels.cu"

// The memory that a launch would give a block.
Wide block_sums[2 * 512];

namespace {

/// A launch gives the kernel what it declares.
template <class Arguments>
struct Taking;
template <class... Each>
struct Taking<std::tuple<Each...>> {
  using Kernel = void (*)(Each...);
};
template <class Arguments, class Kernel>
constexpr bool takes(Kernel *) {
  return std::is_same_v<Kernel *, typename Taking<Arguments>::Kernel>;
}
static_assert(takes<naclip::PreprocessArguments>(naclip_preprocess));
static_assert(takes<naclip::WeightsArguments>(naclip_refine_weights));
static_assert(takes<naclip::StepArguments>(naclip_refine_step_1));
static_assert(takes<naclip::StepArguments>(naclip_refine_step_many));
static_assert(takes<naclip::DecodeArguments>(naclip_decode));

using naclip::emulation::Index;
using naclip::emulation::launch;

constexpr Index kBlock{naclip::kBlockWidth, naclip::kBlockHeight, 1};

Index index_of(const naclip::KernelGrid &grid) {
  return {static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
          static_cast<unsigned>(grid.z)};
}

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(random); });
  return values;
}

struct Case {
  int queries, height, width, regions;
  bool shared;
  int bytes_per_label;
};

class DecodeKernel : public ::testing::TestWithParam<Case> {};

TEST_P(DecodeKernel, WritesEachPixelOnceAndSumsEachRegion) {
  const auto &[queries, height, width, regions, shared, bytes_per_label] = GetParam();
  const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const std::vector<float> scores = noise(pixels * static_cast<std::size_t>(queries), 5);
  std::vector<int> region_of_query(static_cast<std::size_t>(queries));
  for (int query = 0; query < queries; ++query)
    region_of_query[static_cast<std::size_t>(query)] = query % regions;
  const ScoreMap map{scores.data(), height * width, width, 1, queries, height, width};
  const Decoding decoding{region_of_query.data(), 1.0F, 0.1F, height, width};
  std::vector<Byte> labels(pixels * static_cast<std::size_t>(bytes_per_label), 0xee);
  std::vector<Wide> sums(2 * static_cast<std::size_t>(regions));
  launch(index_of(naclip::decode_grid(height, width)), kBlock, [&] {
    naclip_decode(map, decoding, regions, shared ? 1 : 0, bytes_per_label, labels.data(),
                  sums.data());
  });

  std::vector<Wide> expected(sums.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Decision decision = decode_pixel(map, decoding, y, x);
      const std::size_t pixel = static_cast<std::size_t>(y * width + x);
      const int label =
          bytes_per_label == 1 ? labels[pixel] : labels[2 * pixel] | labels[2 * pixel + 1] << 8;
      ASSERT_EQ(label, decision.region) << y << ", " << x;
      ++expected[static_cast<std::size_t>(decision.region)];
      expected[static_cast<std::size_t>(regions + decision.region)] +=
          probability_units(decision.probability);
    }
  EXPECT_EQ(sums, expected);
}

INSTANTIATE_TEST_SUITE_P(Sizes, DecodeKernel,
                         ::testing::Values(Case{1, 1, 1, 1, true, 1}, Case{3, 3, 5, 2, true, 1},
                                           Case{21, 19, 45, 21, true, 1},
                                           Case{171, 9, 33, 171, true, 1},
                                           Case{300, 10, 34, 300, true, 2},
                                           Case{21, 19, 45, 21, false, 1}));

TEST(DecodeKernelOf, AMaskTallerThanItsGridIsCoveredByTheSameBlocks) {
  // Blocks are dealt out by columns: one row of blocks is left for a mask as wide as this.
  const int height = 20, width = 40;
  const std::vector<float> scores(2 * height * width, 0.0F);
  const std::vector<int> region_of_query{1, 2};
  const ScoreMap map{scores.data(), height * width, width, 1, 2, height, width};
  const Decoding decoding{region_of_query.data(), 1.0F, 0.0F, height, width};
  std::vector<Byte> labels(height * width, 0xee);
  std::vector<Wide> sums(6);
  launch({2, 1, 1}, kBlock,
         [&] { naclip_decode(map, decoding, 3, 1, 1, labels.data(), sums.data()); });
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 1), height * width);
  EXPECT_EQ(sums[1], static_cast<Wide>(height * width));
  EXPECT_EQ(sums[4], static_cast<Wide>(height * width) << 31);
}

TEST(DecodeKernelOf, TheLargestMasksGridIsBounded) {
  const naclip::KernelGrid grid = naclip::decode_grid(4320, 7680);
  EXPECT_LE(grid.x * grid.y, 4096);
  EXPECT_GE(grid.x * naclip::kBlockWidth, 7680);
}

struct RefinementCase {
  int channels, height, width;
  std::vector<int> dilations;
};

class RefineKernels : public ::testing::TestWithParam<RefinementCase> {};

TEST_P(RefineKernels, EveryChannelOfEveryPixelIsItsNeighboursMean) {
  const auto &[channels, height, width, given] = GetParam();
  Dilations dilations{};
  dilations.count = static_cast<int>(given.size());
  std::copy(given.begin(), given.end(), dilations.pixels);
  const auto pixels = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const std::vector<float> picture = noise(3 * pixels, 1),
                           scores = noise(pixels * static_cast<std::size_t>(channels), 2);
  std::vector<float> weights(pixels * 8 * given.size(), NAN), expected_weights(weights.size());
  launch(index_of(naclip::pixel_grid(height, width)), kBlock,
         [&] { naclip_refine_weights(picture.data(), height, width, dilations, weights.data()); });
  std::vector<float> out(scores.size(), NAN), expected(scores.size());
  const naclip::ChannelGrid grid = naclip::channel_grid(height, width, channels);
  constexpr std::array kSteps{naclip_refine_step_1, naclip_refine_step_2, naclip_refine_step_3,
                              naclip_refine_step_many};
  const auto step = kSteps.at(std::min<std::size_t>(given.size(), kSteps.size()) - 1);
  launch(index_of(grid.grid), kBlock, [&] {
    step(scores.data(), weights.data(), height, width, dilations, channels, grid.share, out.data());
  });
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      refine_weights_pixel(picture.data(), y, x, height, width, dilations, expected_weights.data());
      refine_step_pixel_of_many(scores.data(), expected_weights.data(), y, x, height, width,
                                dilations, 0, channels, expected.data());
    }
  EXPECT_EQ(weights, expected_weights);
  EXPECT_EQ(out, expected);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RefineKernels,
                         ::testing::Values(RefinementCase{1, 1, 1, {8, 16}},
                                           RefinementCase{3, 3, 5, {8}},
                                           RefinementCase{21, 9, 33, {8, 16}},
                                           RefinementCase{17, 11, 40, {1, 2, 4}},
                                           RefinementCase{9, 8, 32, {1, 2, 4, 8}}));

TEST(PreprocessKernel, WritesEveryPixelOfEveryChannel) {
  const int height = 11, width = 37;
  std::vector<Byte> pixels(5 * 7 * 3);
  std::iota(pixels.begin(), pixels.end(), static_cast<Byte>(40));
  Frame frame{};
  for (int channel = 0; channel < 3; ++channel)
    frame.channels[channel] = {pixels.data() + channel, 21, 3, 7, 5};
  const Normalisation normalisation{{1.0F, 2.0F, 3.0F}, {4.0F, 5.0F, 6.0F}};
  std::vector<float> out(3 * height * width, NAN), expected(out.size());
  launch(index_of(naclip::pixel_grid(height, width)), kBlock,
         [&] { naclip_preprocess(frame, normalisation, height, width, out.data()); });
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      preprocess_pixel(frame, normalisation, y, x, height, width, expected.data());
  EXPECT_EQ(out, expected);
}

}  // namespace
