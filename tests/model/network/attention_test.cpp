// The CPU's fused transformer blocks against the plain ones, on the sizes where such kernels break.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/kernels/activation.h"
#include "model/kernels/attention_int16.h"
#include "model/kernels/lanes.h"
#include "model/network/cpu_blocks.h"
#include "model/network/transformer.h"
#include "model/plain/attention.h"
#include "tests/model/network/random_block.h"

namespace naclip {
namespace {

double relative_error(const at::Tensor &found, const at::Tensor &wanted) {
  return ((found - wanted).abs().max() / wanted.abs().max()).item<double>();
}

struct Case {
  int pictures, heads, tokens, width;
};

class Attending : public ::testing::TestWithParam<Case> {
 protected:
  Projections random_projections() const {
    const auto &[pictures, heads, tokens, width] = GetParam();
    // As in_proj lays them out: a token's queries, keys and values lie together.
    const auto parts =
        at::randn({pictures, tokens, 3, heads, width}).permute({2, 0, 3, 1, 4}).unbind(0);
    return {parts[0], parts[1], parts[2]};
  }
};

TEST_P(Attending, FusedEqualsPlain) {
  at::manual_seed(11);
  const Projections p = random_projections();
  const at::Tensor bias = at::randn({GetParam().tokens, GetParam().tokens});
  EXPECT_LE(relative_error(attention(p, {}), plain::attention(p, {})), 1e-5);
  EXPECT_LE(relative_error(attention(p, bias), plain::attention(p, bias)), 1e-5);
}

TEST_P(Attending, Bfloat16IsComputedInFloat32) {
  at::manual_seed(11);
  const Projections p = random_projections();
  const Projections half{p.query.to(at::kBFloat16), p.key.to(at::kBFloat16),
                         p.value.to(at::kBFloat16)};
  const Projections rounded{half.query.to(at::kFloat), half.key.to(at::kFloat),
                            half.value.to(at::kFloat)};
  const at::Tensor fused = attention(half, {});
  ASSERT_EQ(fused.scalar_type(), at::kBFloat16);
  // Only the outcome is rounded, to 8 bits of mantissa.
  EXPECT_LE(relative_error(fused.to(at::kFloat), plain::attention(rounded, {})), 1.0 / 256);
}

at::Tensor int16_attention(const Projections &p, const at::Tensor &bias = {}) {
  const at::Tensor out =
      at::empty({p.key.size(0), p.key.size(2), p.key.size(1), p.value.size(3)}, p.key.options());
  attention_into(p, bias, out, AttentionProducts::kInt16);
  return out.transpose(1, 2).to(at::kFloat);
}

constexpr const char *kNoInt16 =
    "this processor, or NACLIP_VECTOR_BITS, has no sums of products of 16 bits (AVX512_VNNI, "
    "AVX-VNNI)";

TEST_P(Attending, Int16IsNearFloat32) {
  if (!kernels::has_int16_products()) GTEST_SKIP() << kNoInt16;
  at::manual_seed(11);
  const Projections p = random_projections();
  const at::Tensor bias = at::randn({GetParam().tokens, GetParam().tokens});
  EXPECT_LE(relative_error(int16_attention(p), plain::attention(p, {})), 3e-3);
  EXPECT_LE(relative_error(int16_attention(p, bias), plain::attention(p, bias)), 3e-3);
  const Projections half{p.query.to(at::kBFloat16), p.key.to(at::kBFloat16),
                         p.value.to(at::kBFloat16)};
  EXPECT_LE(relative_error(int16_attention(half), attention(half, {}).to(at::kFloat)), 1.0 / 128);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Attending,
                         ::testing::Values(Case{1, 1, 1, 64}, Case{1, 3, 15, 64},
                                           Case{2, 12, 197, 64}, Case{1, 2, 33, 88},
                                           Case{3, 1, 7, 5}, Case{1, 5, 40, 104}));

TEST(Int16Attention, GreatestSumsFitIn32Bits) {
  if (!kernels::has_int16_products()) GTEST_SKIP() << kNoInt16;
  const std::int64_t tokens = 300, width = kernels::kMostInt16Width;
  const at::Tensor ones = at::full({1, 1, tokens, width}, 100.0F);
  // All logits are alike, so that each weight is the greatest.
  EXPECT_LE(relative_error(int16_attention({ones, ones, ones}), ones), 1e-5);
  EXPECT_LE(relative_error(int16_attention({ones, -ones, -ones}), -ones), 1e-5);
}

TEST(Int16Attention, OneTokensNumbersDoNotCoarsenTheOthers) {
  if (!kernels::has_int16_products()) GTEST_SKIP() << kNoInt16;
  at::manual_seed(3);
  const at::Tensor query = at::randn({1, 1, 90, 64}), value = at::randn({1, 1, 90, 64});
  at::Tensor key = at::randn({1, 1, 90, 64});
  key.select(2, 17).mul_(1e-4);
  key.select(2, 40).mul_(1e4);
  query.select(2, 5).mul_(1e4);
  const at::Tensor wanted = plain::attention({query, key, value}, {});
  EXPECT_LE(relative_error(int16_attention({query, key, value}), wanted), 3e-3);
}

TEST(Int16Attention, NothingIsAttendedToAlike) {
  if (!kernels::has_int16_products()) GTEST_SKIP() << kNoInt16;
  const at::Tensor nothing = at::zeros({1, 2, 9, 64}), value = at::randn({1, 2, 9, 64});
  EXPECT_TRUE(int16_attention({nothing, nothing, nothing}).equal(nothing));
  const at::Tensor mean = value.mean(2, true).expand_as(value);
  EXPECT_LE(relative_error(int16_attention({nothing, nothing, value}), mean), 1e-3);
}

TEST(Int16Attention, WiderKeysAreFloat32) {
  at::manual_seed(3);
  const at::Tensor wide = at::randn({1, 2, 30, kernels::kMostInt16Width + 1});
  EXPECT_TRUE(int16_attention({wide, wide, wide}).equal(attention({wide, wide, wide}, {})));
}

TEST(Int16Attention, ValuesMayHaveAnotherWidth) {
  if (!kernels::has_int16_products()) GTEST_SKIP() << kNoInt16;
  at::manual_seed(3);
  for (const int width : {1, 31, 40, 130}) {
    const Projections p{at::randn({1, 2, 35, 64}), at::randn({1, 2, 35, 64}),
                        at::randn({1, 2, 35, width})};
    EXPECT_LE(relative_error(int16_attention(p), plain::attention(p, {})), 3e-3) << width;
  }
}

TEST(AttentionOf, ValuesMayHaveAnotherWidth) {
  at::manual_seed(11);
  for (const int width : {1, 33, 96}) {
    const at::Tensor q = at::randn({2, 3, 21, 40}), k = at::randn({2, 3, 21, 40}),
                     v = at::randn({2, 3, 21, width});
    EXPECT_LE(relative_error(attention({q, k, v}, {}), plain::attention({q, k, v}, {})), 1e-5)
        << width;
  }
}

TEST(AttentionOf, LargeLogitsOverflowNothing) {
  const at::Tensor q = at::full({1, 1, 20, 64}, 30.0), v = at::randn({1, 1, 20, 64});
  EXPECT_LE(relative_error(attention({q, q, v}, {}), plain::attention({q, q, v}, {})), 1e-5);
}

class NeighbourAttention : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(NeighbourAttention, FusedEqualsPlain) {
  const auto &[rows, columns] = GetParam();
  at::manual_seed(5);
  // As Block::project() gives them: views into one tensor.
  const auto parts =
      at::randn({2, 1 + rows * columns, 3, 3, 64}).permute({2, 0, 3, 1, 4}).unbind(0);
  const Projections p{parts[0], parts[1], parts[2]};
  const at::Tensor bias = plain::gaussian_bias(rows, columns, 5.0);
  for (const Attention kind : {Attention::kNaclip, Attention::kNonly, Attention::kKk,
                               Attention::kCsa, Attention::kVanilla, Attention::kPearl})
    EXPECT_LE(relative_error(
                  plain::neighbour_attention(kind, p, bias, 0.08, attention, pearl_projections),
                  plain::neighbour_attention(kind, p, bias, 0.08)),
              1e-5)
        << static_cast<int>(kind);
}

/// The definition, written out: softmax((q (k R)^T + alpha kc kc^T) / sqrt d) v.
at::Tensor pearl_attention(const Projections &p, double alpha) {
  const std::int64_t d = p.query.size(3);
  at::Tensor weight = p.query.norm(2, -1, true);
  weight.slice(2, 0, 1) = 0;
  weight = weight / (weight.sum(2, true) + 1e-6);
  const at::Tensor key = p.key - (weight * p.key).sum(2, true),
                   query = p.query - (weight * p.query).sum(2, true);
  const at::Tensor m = at::matmul(key.transpose(-2, -1), query);
  const at::Tensor g = at::matmul(m.transpose(-2, -1), m);
  const at::Tensor norm = g.square().sum({-2, -1}, true).sqrt();
  at::Tensor y = g / norm + 1e-6 * at::eye(d), z = at::eye(d).expand_as(g);
  for (int step = 0; step < 5; ++step) {
    const at::Tensor t = (3 * at::eye(d) - at::matmul(z, y)) / 2;
    y = at::matmul(y, t);
    z = at::matmul(t, z);
  }
  const at::Tensor turned = at::matmul(p.key, at::matmul(m, z) / norm.sqrt());
  const at::Tensor logits = at::matmul(p.query, turned.transpose(-2, -1)) +
                            alpha * at::matmul(key, key.transpose(-2, -1));
  return at::matmul((logits / std::sqrt(static_cast<double>(d))).softmax(-1), p.value);
}

TEST_P(NeighbourAttention, OfPearlIsItsDefinition) {
  const auto &[rows, columns] = GetParam();
  at::manual_seed(5);
  const auto parts =
      at::randn({2, 1 + rows * columns, 3, 3, 16}).permute({2, 0, 3, 1, 4}).unbind(0);
  const Projections p{parts[0], parts[1], parts[2]};
  for (const double alpha : {0.0, 0.08, 2.0}) {
    const at::Tensor wanted = pearl_attention(p, alpha);
    EXPECT_LE(relative_error(plain::neighbour_attention(Attention::kPearl, p, {}, alpha), wanted),
              1e-4)
        << alpha;
    EXPECT_LE(relative_error(plain::neighbour_attention(Attention::kPearl, p, {}, alpha, attention,
                                                        pearl_projections),
                             wanted),
              1e-4)
        << alpha;
  }
}

TEST(NeighbourAttentionOf, PearlIsComputedInFloat32AndReturnedInTheInputsType) {
  at::manual_seed(5);
  const auto parts = at::randn({1, 30, 3, 2, 64}).permute({2, 0, 3, 1, 4}).unbind(0);
  const Projections half{parts[0].to(at::kBFloat16), parts[1].to(at::kBFloat16),
                         parts[2].to(at::kBFloat16)};
  const at::Tensor found = plain::neighbour_attention(Attention::kPearl, half, {}, 0.08);
  ASSERT_EQ(found.scalar_type(), at::kBFloat16);
  const at::Tensor wanted = pearl_attention(
      {half.query.to(at::kFloat), half.key.to(at::kFloat), half.value.to(at::kFloat)}, 0.08);
  EXPECT_LE(relative_error(found.to(at::kFloat), wanted), 1.0 / 256);
}

TEST(NeighbourAttentionOf, PearlOfQueriesWithoutLengthIsFinite) {
  const at::Tensor nothing = at::zeros({1, 1, 5, 8}), value = at::randn({1, 1, 5, 8});
  for (const at::Tensor &key : {nothing, at::randn({1, 1, 5, 8})})
    EXPECT_TRUE(plain::neighbour_attention(Attention::kPearl, {nothing, key, value}, {}, 0.08)
                    .isfinite()
                    .all()
                    .item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Grids, NeighbourAttention,
                         ::testing::Values(std::pair{1, 1}, std::pair{3, 5}, std::pair{14, 14},
                                           std::pair{21, 28}));

TEST(Lanes, RoundToBfloat16AsLibtorchDoes) {
  // 1 + 1/256 and 1 + 3/256 lie halfway between two.
  const at::Tensor x =
      at::tensor({1.0F, 1.00390625F, 1.01171875F, -1.00390625F, 0.0F, 3.1e38F, 1e-20F, -7.77F,
                  1.0F / 3, 255.0F, 256.9F, 2.0F, -0.0F, 1e10F, 0.1F, 65504.0F});
  at::Tensor back = at::empty_like(x);
  kernels::with_lanes([&]<class Lanes>(kernels::Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t i = 0; i < x.numel(); i += kernels::kLanes<Lanes>) {
      kernels::Bfloat16 rounded[kernels::kLanes<Lanes>];
      kernels::store(rounded, kernels::load<Lanes>(x.data_ptr<float>() + i));
      kernels::store(back.data_ptr<float>() + i, kernels::load<Lanes>(rounded));
    }
  });
  EXPECT_TRUE(back.equal(x.to(at::kBFloat16).to(at::kFloat))) << back;
}

TEST(Lanes, ExponentialIsThatOfTheLibrary) {
  const at::Tensor x = at::linspace(-87, 88, 1600);
  at::Tensor found = at::empty_like(x);
  kernels::with_lanes([&]<class Lanes>(kernels::Form<Lanes>) NACLIP_INLINED {
    for (std::int64_t i = 0; i < x.numel(); i += kernels::kLanes<Lanes>)
      kernels::store(found.data_ptr<float>() + i,
                     kernels::exponential(kernels::load<Lanes>(x.data_ptr<float>() + i)));
  });
  const at::Tensor wanted = x.to(at::kDouble).exp();
  EXPECT_LE(((found - wanted) / wanted).abs().max().item<double>(), 3e-7);
}

TEST(CpuBlocks, EqualPlainBlocks) {
  at::manual_seed(13);
  CpuBlocks blocks;  // one for all: its memory has to follow the shapes
  for (const auto &[pictures, tokens, width, heads] :
       {std::array<int, 4>{1, 1, 64, 1}, {2, 50, 128, 2}, {1, 17, 40, 2}, {1, 3, 5, 1}}) {
    const Block block = random_block(width, heads, at::kFloat);
    const at::Tensor x = at::randn({pictures, tokens, width});
    const at::Tensor plain = block.forward(x, false);
    blocks.forward(CpuBlock(block), x);
    EXPECT_LE(relative_error(x, plain), 1e-5) << tokens << " tokens of " << width;
  }
}

TEST(CpuBlocks, InBfloat16StayCloseToFloat32) {
  at::manual_seed(13);
  const Block block = random_block(128, 2, at::kBFloat16);
  Block wide = block;
  for (Linear *linear : {&wide.in_proj, &wide.out_proj, &wide.c_fc, &wide.c_proj})
    *linear = {linear->weight.to(at::kFloat), linear->bias.to(at::kFloat)};
  const at::Tensor x = at::randn({1, 30, 128});
  const at::Tensor plain = wide.forward(x, false);
  CpuBlocks().forward(CpuBlock(block), x);
  EXPECT_LE(relative_error(x, plain), 0.02);
  EXPECT_GE(at::cosine_similarity(x.flatten(), plain.flatten(), 0).item<double>(), 0.9999);
}

TEST(CpuBlocks, ActivationHoldsFarFromZero) {
  at::manual_seed(13);
  Block block = random_block(64, 1, at::kFloat);
  block.c_fc.bias = at::linspace(-200, 200, 256);  // e^340 is past float32
  const at::Tensor x = at::randn({1, 4, 64});
  const at::Tensor plain = block.forward(x, false);
  CpuBlocks().forward(CpuBlock(block), x);
  EXPECT_LE(relative_error(x, plain), 1e-5);
}

/// A block of either activation, the rest the same.
std::pair<Block, Block> blocks_of_both(std::int64_t width, std::int64_t heads,
                                       at::ScalarType type) {
  Block quick = random_block(width, heads, type), gelu = quick;
  gelu.activation = Activation::kGelu;
  return {quick, gelu};
}

TEST(CpuBlocks, WithGeluEqualPlainBlocksWithGeluAndNoOthers) {
  at::manual_seed(17);
  CpuBlocks blocks;
  for (const auto &[pictures, tokens, width, heads] :
       {std::array<int, 4>{1, 1, 64, 1}, {2, 50, 128, 2}, {1, 17, 40, 2}, {1, 3, 5, 1}}) {
    const auto [quick, gelu] = blocks_of_both(width, heads, at::kFloat);
    const at::Tensor x = at::randn({pictures, tokens, width});
    const at::Tensor plain = gelu.forward(x, false), other = quick.forward(x, false);
    blocks.forward(CpuBlock(gelu), x);
    EXPECT_LE(relative_error(x, plain), 1e-5) << tokens << " tokens of " << width;
    EXPECT_GE(relative_error(x, other), 1e-3) << "the activations are told apart";
  }
}

TEST(CpuBlocks, WithGeluInBfloat16StayCloseToFloat32) {
  at::manual_seed(17);
  const Block block = blocks_of_both(128, 2, at::kBFloat16).second;
  Block wide = block;
  for (Linear *linear : {&wide.in_proj, &wide.out_proj, &wide.c_fc, &wide.c_proj})
    *linear = {linear->weight.to(at::kFloat), linear->bias.to(at::kFloat)};
  const at::Tensor x = at::randn({1, 30, 128});
  const at::Tensor plain = wide.forward(x, false);
  CpuBlocks().forward(CpuBlock(block), x);
  EXPECT_LE(relative_error(x, plain), 0.02);
}

TEST(PlainBlocks, ActivateAsPyTorchDoes) {
  at::manual_seed(19);
  const auto [quick, gelu] = blocks_of_both(64, 1, at::kFloat);
  const at::Tensor x = at::randn({2, 5, 64}), hidden = gelu.c_fc(x);
  EXPECT_LE(relative_error(gelu.mlp(x), gelu.c_proj(at::gelu(hidden))), 1e-6);
  EXPECT_LE(relative_error(quick.mlp(x), quick.c_proj(hidden * at::sigmoid(1.702 * hidden))), 1e-6);
}

/// The greatest error of the kernel against x Phi(x) in double precision, in units of 1 + |x|.
double gelu_error(const at::Tensor &x) {
  const at::Tensor wide = x.to(at::kDouble), wanted = wide * 0.5 * at::erfc(-wide * M_SQRT1_2);
  at::Tensor found = x.clone();
  kernels::gelu(found.data_ptr<float>(), found.numel());
  return ((found - wanted).abs() / (1 + wide.abs())).max().item<double>();
}

TEST(Gelu, IsExactWithinTheRoundingOfFloat32) {
  EXPECT_LE(gelu_error(at::linspace(-12, 12, 200'001)), 1.2e-7);
  EXPECT_LE(gelu_error(at::linspace(-1e-3, 1e-3, 10'001)), 4e-10);
  EXPECT_LE(
      gelu_error(at::tensor({-3e38F, -1e20F, -1000.0F, -40.0F, -0.0F, 0.0F, 40.0F, 1e20F, 3e38F})),
      1.2e-7);
}

TEST(Gelu, KeepsTheSmallTailOfNegativeNumbers) {
  const at::Tensor x = at::linspace(-8, -3, 5'001), wide = x.to(at::kDouble);
  const at::Tensor wanted = wide * 0.5 * at::erfc(-wide * M_SQRT1_2);
  at::Tensor found = x.clone();
  kernels::gelu(found.data_ptr<float>(), found.numel());
  EXPECT_LE(((found - wanted) / wanted).abs().max().item<double>(), 1e-3);
}

TEST(Gelu, OfAnyCountIsThatOfEachNumber) {
  at::manual_seed(23);
  for (std::int64_t count = 0; count < 50; ++count) {
    const at::Tensor x = 3 * at::randn({count + 1});
    at::Tensor found = x.clone(), half = x.to(at::kBFloat16);
    const at::Tensor rounded = half.to(at::kFloat);
    kernels::gelu(found.data_ptr<float>(), count);
    kernels::gelu(static_cast<kernels::Bfloat16 *>(half.data_ptr()), count);
    const at::Tensor wanted = at::cat({at::gelu(x.slice(0, 0, count)), x.slice(0, count)});
    EXPECT_TRUE(found.allclose(wanted, 1e-6, 1e-6)) << count;
    const at::Tensor wanted_half =
        at::cat({at::gelu(rounded.slice(0, 0, count)), rounded.slice(0, count)});
    EXPECT_TRUE(half.to(at::kFloat).allclose(wanted_half, 1.0 / 256, 1e-6)) << count;
    EXPECT_EQ(found[count].item<float>(), x[count].item<float>()) << "beyond the end";
  }
}

}  // namespace
}  // namespace naclip
