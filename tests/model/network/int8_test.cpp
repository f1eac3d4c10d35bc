// Linear layers with products of 8 bits: rows as bytes, the products themselves, whole blocks.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "model/kernels/quantise.h"
#include "model/machine/cpu.h"
#include "model/network/int8_blocks.h"
#include "tests/model/network/random_block.h"

namespace naclip {
namespace {

double relative_error(const at::Tensor &found, const at::Tensor &wanted) {
  return ((found - wanted).abs().max() / wanted.abs().max()).item<double>();
}

/// Rows as bytes.
struct Quantised {
  at::Tensor bytes;  // [rows, width] uint8
  std::vector<kernels::RowScale> scales;

  explicit Quantised(const at::Tensor &x)
      : bytes(at::empty(x.sizes(), at::kByte)), scales(static_cast<std::size_t>(x.size(0))) {
    kernels::quantise(x.data_ptr<float>(), x.size(0), x.size(1), bytes.data_ptr<std::uint8_t>(),
                      scales.data());
  }

  /// What the bytes stand for, in double precision.
  at::Tensor values() const {
    const at::Tensor found = bytes.to(at::kDouble);
    for (std::size_t row = 0; row < scales.size(); ++row)
      found[static_cast<std::int64_t>(row)].mul_(scales[row].scale).add_(scales[row].offset);
    return found;
  }
};

TEST(Quantise, ValuesAreWithinHalfAStep) {
  at::manual_seed(3);
  for (const int width : {1, 15, 16, 17, 64, 100}) {
    const at::Tensor x =
        at::cat({at::randn({5, width}), at::randn({2, width}) + 30, at::randn({2, width}) - 30,
                 at::randn({1, width}) * 1e-20, at::randn({1, width}) * 1e20});
    const Quantised found(x);
    for (std::int64_t row = 0; row < x.size(0); ++row) {
      const double step = found.scales[static_cast<std::size_t>(row)].scale;
      EXPECT_LE((found.values()[row] - x[row]).abs().max().item<double>(), 0.501 * step)
          << "row " << row << " of " << width;
      const double range =
          std::max(x[row].max().item<double>(), 0.0) - std::min(x[row].min().item<double>(), 0.0);
      EXPECT_NEAR(step, range / 255, 1e-5 * step) << "no byte is lost";
    }
  }
}

TEST(Quantise, ARowOfZerosStaysOne) {
  const Quantised found(at::zeros({2, 33}));
  EXPECT_EQ(found.values().abs().max().item<double>(), 0.0);
}

TEST(Quantise, WeightsTakeAllSteps) {
  const std::vector<float> weights{0.5F, -1.0F, 0.25F, 0.0F, 1.0F / 127};
  std::vector<std::int8_t> bytes(weights.size());
  EXPECT_FLOAT_EQ(kernels::quantise_weights(weights.data(), 5, bytes.data()), 1.0F / 127);
  EXPECT_EQ(bytes, (std::vector<std::int8_t>{64, -127, 32, 0, 1}));
  const std::vector<float> nothing(5);
  EXPECT_EQ(kernels::quantise_weights(nothing.data(), 5, bytes.data()), 0.0F);
  EXPECT_EQ(bytes, std::vector<std::int8_t>(5));
}

TEST(Quantise, NormalisesAndActivatesAsTheKernelsOfFloatsDo) {
  at::manual_seed(5);
  for (const int width : {16, 40, 100}) {
    const at::Tensor x = at::randn({6, width}) * 3 + 1, weight = at::randn({width}),
                     bias = at::randn({width});
    const kernels::Norm norm{weight.data_ptr<float>(), bias.data_ptr<float>(), width};
    at::Tensor normed = at::empty_like(x), scratch = at::empty({width}, at::kFloat);
    kernels::normalise(x.data_ptr<float>(), norm, 6, normed.data_ptr<float>());
    const Quantised wanted(normed);
    Quantised found(x);
    kernels::normalise_quantised(x.data_ptr<float>(), norm, 6, scratch.data_ptr<float>(),
                                 found.bytes.data_ptr<std::uint8_t>(), found.scales.data());
    EXPECT_TRUE(found.bytes.equal(wanted.bytes)) << width;

    // Sums that stand for x itself: one step is 1 / 1000.
    const at::Tensor sums = (x * 1000).round().to(at::kInt), scales = at::full({width}, 1e-3),
                     nothing = at::zeros({width});
    const std::vector<kernels::RowScale> one(6, {1.0F, 0.0F});
    const kernels::Columns columns{scales.data_ptr<float>(), nothing.data_ptr<float>(),
                                   nothing.data_ptr<float>(), width};
    for (const auto gelu : {kernels::Gelu::kQuick, kernels::Gelu::kExact}) {
      at::Tensor active = sums.to(at::kFloat) * 1e-3F;
      if (gelu == kernels::Gelu::kQuick)
        kernels::quick_gelu(active.data_ptr<float>(), active.numel());
      else
        kernels::gelu(active.data_ptr<float>(), active.numel());
      kernels::activate_quantised(sums.data_ptr<std::int32_t>(), one.data(), columns, gelu, 6,
                                  scratch.data_ptr<float>(), found.bytes.data_ptr<std::uint8_t>(),
                                  found.scales.data());
      EXPECT_LE((found.values() - Quantised(active).values()).abs().max().item<double>(), 1e-5)
          << width;
    }
  }
}

/// What needs products of 8 bits; its tests are skipped where there are none.
class Int8 : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(7);
    if (!Matmul::available()) GTEST_SKIP() << "this build has no oneDNN";
    if (!has_int8_products()) GTEST_SKIP() << "the processor has no products of 8 bits";
  }
};

TEST_F(Int8, ProductsAreThoseOfTheBytes) {
  for (const auto &[in, out] : {std::pair{768, 96}, {64, 256}, {40, 24}, {5, 15}}) {
    const Linear linear{at::randn({out, in}), at::randn({out})};
    const Int8Linear own(linear);
    for (const std::int64_t rows : {1, 7, 256, 300}) {
      // All at the ends of their ranges: the sums of two products would not fit in 16 bits.
      const at::Tensor bytes = at::randint(0, 2, {rows, in}, at::kByte) * 255;
      at::Tensor sums = at::empty({rows, out}, at::kInt);
      own.multiply(bytes.data_ptr<std::uint8_t>(), rows, sums.data_ptr<std::int32_t>());
      const kernels::Columns columns = own.columns();
      const at::Tensor scales =
          at::from_blob(const_cast<float *>(columns.scales), {out}, at::kFloat);
      const at::Tensor weights = (linear.weight / scales.unsqueeze(1)).round().to(at::kDouble);
      EXPECT_TRUE(sums.to(at::kDouble).equal(bytes.to(at::kDouble).mm(weights.t())))
          << rows << " rows, " << in << " to " << out;
    }
  }
}

TEST_F(Int8, LayersAreWithinTheirSteps) {
  const Linear linear{at::randn({96, 768}), at::randn({96})};
  const Int8Linear own(linear);
  const at::Tensor x = at::randn({50, 768}) + 0.5;
  const Quantised bytes(x);
  at::Tensor sums = at::empty({50, 96}, at::kInt), found = at::empty({50, 96}, at::kFloat);
  own.multiply(bytes.bytes.data_ptr<std::uint8_t>(), 50, sums.data_ptr<std::int32_t>());
  kernels::dequantise(sums.data_ptr<std::int32_t>(), bytes.scales.data(), own.columns(), 50,
                      found.data_ptr<float>());
  const at::Tensor wanted = linear(x);
  EXPECT_LE(relative_error(found, wanted), 0.02);
  at::Tensor sum = wanted.neg();
  kernels::accumulate_dequantised(sums.data_ptr<std::int32_t>(), bytes.scales.data(), own.columns(),
                                  50, sum.data_ptr<float>());
  EXPECT_LE((sum - (found - wanted)).abs().max().item<double>(), 1e-5);
}

TEST_F(Int8, BlocksStayCloseToFloat32) {
  Int8Blocks blocks;  // one for all: its memory has to follow the shapes
  for (const auto activation : {Activation::kQuickGelu, Activation::kGelu}) {
    for (const auto &[pictures, tokens, width, heads] :
         {std::array<int, 4>{1, 30, 128, 2}, {3, 197, 64, 1}, {1, 17, 40, 2}, {1, 3, 5, 1}}) {
      Block block = random_block(width, heads, at::kFloat);
      block.activation = activation;
      const at::Tensor x = at::randn({pictures, tokens, width});
      const at::Tensor plain = block.forward(x, false);
      blocks.forward(Int8Block(block), x);
      EXPECT_GE(at::cosine_similarity(x.flatten(), plain.flatten(), 0).item<double>(), 0.9995)
          << tokens << " tokens of " << width;
      EXPECT_LE(relative_error(x, plain), 0.03) << tokens << " tokens of " << width;
    }
  }
}

}  // namespace
}  // namespace naclip
