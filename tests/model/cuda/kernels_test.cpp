// The kernels, thread by thread on the host, with the grids that Kernels gives them: indices, edges
// of the grid, shares of channels, and the reduction of the statistics in warps and blocks.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <type_traits>

#include "kernel_emulation.h"
#include "model/cuda/kernel_arguments.h"
#include "model/cuda/kernel_grids.h"

// After the emulation, which gives meaning to its words.
#include "model/cuda/kernels.cu"

// The memory that a launch would give a block.
Wide block_sums[2 * 512];

namespace naclip::kernel {

static bool operator==(Half one, Half other) {
  return one.bits == other.bits;
}

}  // namespace naclip::kernel

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
static_assert(takes<naclip::ShrinkArguments>(naclip_shrink));
static_assert(takes<naclip::WeightsArguments>(naclip_refine_weights));
static_assert(takes<naclip::StepArguments>(naclip_refine_step_1));
static_assert(takes<naclip::StepArguments>(naclip_refine_step_many));
static_assert(takes<naclip::StretchHalfArguments>(naclip_stretch_half));
static_assert(takes<naclip::StepHalfArguments>(naclip_refine_step_half));
static_assert(takes<naclip::StitchArguments>(naclip_stitch));
static_assert(takes<naclip::DecodeArguments<float>>(naclip_decode));
static_assert(takes<naclip::DecodeArguments<Half>>(naclip_decode_half));

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

/// The same, rounded to Half or Bfloat16.
template <class Element>
std::vector<Element> rounded_to(const std::vector<float> &values) {
  std::vector<Element> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) store(values[i], result[i]);
  return result;
}

struct Case {
  int pictures, queries, height, width, regions;
  bool shared;
  int bytes_per_label;
};

class DecodeKernel : public ::testing::TestWithParam<Case> {
 protected:
  template <class Score, class Kernel>
  void expect_bodies(Kernel kernel) {
    const auto &[pictures, queries, height, width, regions, shared, bytes_per_label] = GetParam();
    const auto pixels = static_cast<std::size_t>(height * width);
    const auto scores =
        rounded_to<Score>(noise(pixels * static_cast<std::size_t>(pictures * queries), 5));
    std::vector<int> region_of_query(static_cast<std::size_t>(queries));
    for (int query = 0; query < queries; ++query)
      region_of_query[static_cast<std::size_t>(query)] = query % regions;
    const ScoreMap<Score> map{
        scores.data(), queries * height * width, height * width, width, 1, queries, height, width};
    const Decoding decoding{region_of_query.data(), 1.0F, 0.1F, height, width};
    std::vector<Byte> labels(pixels * static_cast<std::size_t>(pictures * bytes_per_label), 0xee);
    std::vector<Wide> sums(static_cast<std::size_t>(2 * pictures * regions)), expected(sums.size());
    launch(index_of(naclip::decode_grid(height, width, pictures)), kBlock, [&] {
      kernel(map, decoding, regions, shared ? 1 : 0, bytes_per_label, labels.data(), sums.data());
    });
    for (int picture = 0; picture < pictures; ++picture)
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
          const Decision decision = decode_pixel(map, decoding, picture, y, x);
          const auto pixel = static_cast<std::size_t>((picture * height + y) * width + x);
          const int label =
              bytes_per_label == 1 ? labels[pixel] : labels[2 * pixel] | labels[2 * pixel + 1] << 8;
          ASSERT_EQ(label, decision.region) << picture << ", " << y << ", " << x;
          Wide *of_picture = expected.data() + 2 * picture * regions;
          ++of_picture[decision.region];
          of_picture[regions + decision.region] += probability_units(decision.probability);
        }
    EXPECT_EQ(sums, expected);
  }
};

TEST_P(DecodeKernel, WritesEachPixelOnceAndSumsEachRegion) {
  expect_bodies<float>(naclip_decode);
}

TEST_P(DecodeKernel, OfHalfPrecisionToo) {
  expect_bodies<Half>(naclip_decode_half);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, DecodeKernel,
    ::testing::Values(Case{1, 1, 1, 1, 1, true, 1}, Case{3, 3, 3, 5, 2, true, 1},
                      Case{2, 21, 19, 45, 21, true, 1}, Case{1, 171, 9, 33, 171, true, 1},
                      Case{2, 300, 10, 34, 300, true, 2}, Case{2, 21, 19, 45, 21, false, 1}));

TEST(DecodeKernelOf, AMaskTallerThanItsGridIsCoveredByTheSameBlocks) {
  // Blocks are dealt out by columns: one row of blocks is left for a mask as wide as this.
  const int height = 20, width = 40;
  const std::vector<float> scores(2 * height * width, 0.0F);
  const std::vector<int> region_of_query{1, 2};
  const ScoreMap<float> map{scores.data(), 0, height * width, width, 1, 2, height, width};
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
  int pictures, channels, height, width;
  std::vector<int> given;

  Dilations dilations() const {
    Dilations result{};
    result.count = static_cast<int>(given.size());
    std::copy(given.begin(), given.end(), result.pixels);
    return result;
  }
  int map() const { return height * width; }
  int neighbours() const { return 8 * static_cast<int>(given.size()); }
};

std::size_t size_of(int count) {
  return static_cast<std::size_t>(count);
}

class RefineKernels : public ::testing::TestWithParam<RefinementCase> {
 protected:
  template <class Work>
  void each_pixel(const Work &work) {
    for (int picture = 0; picture < GetParam().pictures; ++picture)
      for (int y = 0; y < GetParam().height; ++y)
        for (int x = 0; x < GetParam().width; ++x) work(picture, y, x);
  }
};

TEST_P(RefineKernels, EveryChannelOfEveryPixelIsItsNeighboursMean) {
  const RefinementCase &one = GetParam();
  const Dilations dilations = one.dilations();
  const std::vector<float> picture = noise(size_of(one.pictures * 3 * one.map()), 1),
                           scores = noise(size_of(one.pictures * one.channels * one.map()), 2);
  std::vector<float> weights(size_of(one.pictures * one.neighbours() * one.map()), NAN),
      expected_weights(weights.size());
  launch(index_of(naclip::pixel_grid(one.height, one.width, one.pictures)), kBlock, [&] {
    naclip_refine_weights(picture.data(), one.height, one.width, dilations, weights.data(),
                          nullptr);
  });
  std::vector<float> out(scores.size(), NAN), expected(scores.size());
  const naclip::ChannelGrid grid =
      naclip::channel_grid(one.height, one.width, one.channels, one.pictures);
  constexpr std::array kSteps{naclip_refine_step_1, naclip_refine_step_2, naclip_refine_step_3,
                              naclip_refine_step_many};
  const auto step = kSteps.at(std::min<std::size_t>(one.given.size(), kSteps.size()) - 1);
  launch(index_of(grid.grid), kBlock, [&] {
    step(scores.data(), weights.data(), one.height, one.width, dilations, one.channels, grid.share,
         out.data());
  });
  each_pixel([&](int which, int y, int x) {
    float *own = expected_weights.data() + which * one.neighbours() * one.map();
    const int first = which * one.channels * one.map();
    refine_weights_pixel(picture.data() + which * 3 * one.map(), y, x, one.height, one.width,
                         dilations, own, nullptr);
    refine_step_pixel_of_many(scores.data() + first, own, y, x, one.height, one.width, dilations, 0,
                              one.channels, expected.data() + first);
  });
  EXPECT_EQ(weights, expected_weights);
  EXPECT_EQ(out, expected);
}

TEST_P(RefineKernels, InHalfPrecisionToo) {
  const RefinementCase &one = GetParam();
  const Dilations dilations = one.dilations();
  const int packs = naclip::parts_of(one.channels, Pack<Half>::kCount);
  const std::vector<float> picture = noise(size_of(one.pictures * 3 * one.map()), 1),
                           // At half the size, words side by side.
      scores = noise(size_of(one.pictures * one.channels), 2);
  const std::vector<float> zeros = noise(size_of(one.pictures), 3);
  const ScoreMap<float> map{scores.data(), one.channels, 1, one.channels,
                            one.channels,  one.channels, 1, 1};
  std::vector<float> scratch(size_of(one.pictures * one.neighbours() * one.map()), NAN);
  std::vector<Half> weights(scratch.size(), Half{0x7e00}), expected_weights(scratch.size());
  launch(index_of(naclip::pixel_grid(one.height, one.width, one.pictures)), kBlock, [&] {
    naclip_refine_weights(picture.data(), one.height, one.width, dilations, scratch.data(),
                          weights.data());
  });
  std::vector<Pack<Half>> stretched(size_of(one.pictures * one.map() * packs)),
      out(stretched.size()), expected(stretched.size());
  const Index grid = index_of(naclip::pixel_grid(one.height, one.width * packs, one.pictures));
  launch(grid, kBlock, [&] {
    naclip_stretch_half(map, zeros.data(), one.height, one.width, packs, stretched.data());
  });
  const auto *weight_packs = reinterpret_cast<const Pack<Half> *>(weights.data());
  launch(grid, kBlock, [&] {
    naclip_refine_step_half(stretched.data(), weight_packs, one.height, one.width, dilations, packs,
                            out.data());
  });
  each_pixel([&](int which, int y, int x) {
    const int weights_before = which * one.neighbours() * one.map(),
              packs_before = which * one.map() * packs;
    refine_weights_pixel(picture.data() + which * 3 * one.map(), y, x, one.height, one.width,
                         dilations, scratch.data(), expected_weights.data() + weights_before);
    for (int pack = 0; pack < packs; ++pack) {
      const Pack<Half> flat =
          stretched_pack(map, zeros[size_of(which)], which, y, x, pack, one.height, one.width);
      const std::size_t place = size_of(packs_before + (y * one.width + x) * packs + pack);
      for (int i = 0; i < 8; ++i) ASSERT_EQ(stretched[place].of[i], flat.of[i]);
      refine_step_pack(stretched.data() + packs_before, weight_packs + weights_before / 8, y, x,
                       pack, packs, one.height, one.width, dilations,
                       expected.data() + packs_before);
      for (int i = 0; i < 8; ++i) ASSERT_EQ(out[place].of[i], expected[place].of[i]);
    }
  });
  EXPECT_EQ(weights, expected_weights);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RefineKernels,
                         ::testing::Values(RefinementCase{1, 1, 1, 1, {8, 16}},
                                           RefinementCase{2, 3, 3, 5, {8}},
                                           RefinementCase{2, 21, 9, 33, {8, 16}},
                                           RefinementCase{1, 17, 11, 40, {1, 2, 4}},
                                           RefinementCase{3, 9, 8, 32, {1, 2, 4, 8}}));

TEST(ShrinkKernel, WritesEachByteOfEachPixelsMean) {
  const int step = 3, factor = 4, height = 9, width = 13;
  const Offset stride = (width * factor + 2) * step;
  std::vector<Byte> plane(static_cast<std::size_t>(stride * (height * factor + 3)));
  for (std::size_t i = 0; i < plane.size(); ++i) plane[i] = static_cast<Byte>(i * i / 7);
  std::vector<Byte> out(size_of(height * width * step), 0xee), expected;
  launch(index_of(naclip::pixel_grid(height, width * step)), kBlock,
         [&] { naclip_shrink(plane.data(), stride, step, factor, height, width, out.data()); });
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int byte = 0; byte < step; ++byte) {
        double sum = 0.0;
        for (int i = 0; i < factor * factor; ++i)
          sum += plane[static_cast<std::size_t>((y * factor + i / factor) * stride +
                                                (x * factor + i % factor) * step + byte)];
        expected.push_back(static_cast<Byte>(std::nearbyint(sum / (factor * factor))));
      }
  EXPECT_EQ(out, expected);
}

TEST(StitchKernel, WritesEveryWordOfEveryPixel) {
  const int pictures = 2, height = 13, width = 17, queries = 5;
  WindowGrids grids{};
  grids.tops = {2, {0, 5}};
  grids.lefts = {3, {0, 4, 9}};
  grids.height = grids.width = 8;
  const std::vector<float> scores = noise(size_of(pictures * 6 * 2 * 3 * queries), 8);
  grids.scores = {scores.data(), 2 * 3 * queries, 1, 3 * queries, queries, queries, 2, 3};
  std::vector<float> out(size_of(pictures * height * width * queries), NAN), expected(out.size());
  launch(index_of(naclip::pixel_grid(height, width * queries, pictures)), kBlock,
         [&] { naclip_stitch(grids, height, width, out.data()); });
  for (int i = 0; i < static_cast<int>(out.size()); ++i)
    expected[size_of(i)] =
        stitched_score(grids, i / (height * width * queries), i / (width * queries) % height,
                       i / queries % width, i % queries);
  EXPECT_EQ(out, expected);
}

template <class Element>
class TransformerKernels : public ::testing::Test {
 protected:
  static constexpr int kLanes = Pack<Element>::kCount;

  static std::vector<Pack<Element>> packed(const std::vector<Element> &values) {
    std::vector<Pack<Element>> packs(values.size() / kLanes);
    std::memcpy(static_cast<void *>(packs.data()), values.data(), values.size() * sizeof(Element));
    return packs;
  }
  static std::vector<Pack<Element>> packed_noise(int count, unsigned seed) {
    return packed(rounded_to<Element>(noise(size_of(count), seed)));
  }
  static double at(const std::vector<Pack<Element>> &packs, int index) {
    return to_float(packs[size_of(index / kLanes)].of[index % kLanes]);
  }
  // Of a value of 4 or so.
  static constexpr double kRounding = std::is_same_v<Element, float>  ? 1e-5
                                      : std::is_same_v<Element, Half> ? 4e-3
                                                                      : 3e-2;
};

using Elements = ::testing::Types<float, Bfloat16, Half>;
TYPED_TEST_SUITE(TransformerKernels, Elements);

template <class Element>
constexpr auto kAddAndNormalise = naclip_add_and_normalise_float32;
template <>
constexpr auto kAddAndNormalise<Bfloat16> = naclip_add_and_normalise_bfloat16;
template <>
constexpr auto kAddAndNormalise<Half> = naclip_add_and_normalise_float16;
template <class Element>
constexpr auto kQuickGelu = naclip_quick_gelu_float32;
template <>
constexpr auto kQuickGelu<Bfloat16> = naclip_quick_gelu_bfloat16;
template <>
constexpr auto kQuickGelu<Half> = naclip_quick_gelu_float16;

template <class Element>
constexpr auto kGelu = naclip_gelu_float32;
template <>
constexpr auto kGelu<Bfloat16> = naclip_gelu_bfloat16;
template <>
constexpr auto kGelu<Half> = naclip_gelu_float16;

TYPED_TEST(TransformerKernels, AddAndNormaliseEveryRow) {
  // More packs than a warp has lanes, and more rows than a block has warps.
  const int rows = 11, packs = 41, width = packs * TestFixture::kLanes;
  const auto given = this->packed_noise(rows * width, 1),
             delta = this->packed_noise(rows * width, 2), weight = this->packed_noise(width, 3),
             bias = this->packed_noise(width, 4);
  auto x = given, out = given;
  launch(index_of(naclip::row_grid(rows)), kBlock, [&] {
    kAddAndNormalise<TypeParam>(x.data(), delta.data(), weight.data(), bias.data(), rows, packs,
                                out.data());
  });
  for (int row = 0; row < rows; ++row) {
    double mean = 0.0, variance = 0.0;
    for (int i = row * width; i < (row + 1) * width; ++i) {
      EXPECT_NEAR(this->at(x, i), this->at(given, i) + this->at(delta, i), this->kRounding);
      mean += this->at(x, i) / width;
    }
    for (int i = row * width; i < (row + 1) * width; ++i)
      variance += (this->at(x, i) - mean) * (this->at(x, i) - mean) / width;
    for (int i = 0; i < width; ++i) {
      const double expected =
          (this->at(x, row * width + i) - mean) / std::sqrt(variance + 1e-5) * this->at(weight, i) +
          this->at(bias, i);
      EXPECT_NEAR(this->at(out, row * width + i), expected,
                  this->kRounding * std::max(1.0, std::abs(expected) / 4.0));
    }
  }
}

TYPED_TEST(TransformerKernels, QuickGeluOfEveryNumber) {
  const int packs = 300;
  const auto given = this->packed_noise(packs * TestFixture::kLanes, 6);
  auto x = given;
  launch(index_of(naclip::line_grid(packs)), kBlock,
         [&] { kQuickGelu<TypeParam>(x.data(), packs); });
  for (int i = 0; i < packs * TestFixture::kLanes; ++i) {
    const double value = this->at(given, i);
    EXPECT_NEAR(this->at(x, i), value / (1.0 + std::exp(-1.702 * value)), this->kRounding);
  }
}

TYPED_TEST(TransformerKernels, GeluOfEveryNumber) {
  const int packs = 300;
  const auto given = this->packed_noise(packs * TestFixture::kLanes, 6);
  auto x = given;
  launch(index_of(naclip::line_grid(packs)), kBlock, [&] { kGelu<TypeParam>(x.data(), packs); });
  for (int i = 0; i < packs * TestFixture::kLanes; ++i) {
    const double value = this->at(given, i);
    EXPECT_NEAR(this->at(x, i), value * 0.5 * std::erfc(-value * M_SQRT1_2), this->kRounding);
  }
}

TEST(Halves, AreRoundedToTheNearestHalfToEven) {
  const auto bits = [](float x) {
    Half half;
    store(x, half);
    return half.bits;
  };
  EXPECT_EQ(bits(1.0F), 0x3c00);
  EXPECT_EQ(bits(1.0F + 0x1p-11F), 0x3c00);
  EXPECT_EQ(bits(1.0F + 0x1.8p-10F), 0x3c02);
  EXPECT_EQ(bits(70000.0F), 0x7c00);
  EXPECT_EQ(to_float(Half{0x0001}), 0x1p-24F);
}

TEST(Bfloats, AreRoundedToTheNearestHalfToEven) {
  const auto bits = [](float x) {
    Bfloat16 bfloat;
    store(x, bfloat);
    return bfloat.bits;
  };
  EXPECT_EQ(bits(1.0F), 0x3f80);
  EXPECT_EQ(bits(1.0F + 0x1p-8F), 0x3f80);
  EXPECT_EQ(bits(1.0F + 0x1.8p-7F), 0x3f82);
  EXPECT_EQ(bits(NAN), 0x7fc0);
  EXPECT_EQ(bits(-INFINITY), 0xff80);
}

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
