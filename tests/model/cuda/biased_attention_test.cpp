// The fused biased attention against neighbour_attention()'s plain form; device-neutral.
#include "model/cuda/biased_attention.h"

#include <gtest/gtest.h>

#include "model/network/neighbour_attention.h"

namespace naclip {
namespace {

class BiasedAttention : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(BiasedAttention, EqualsPlain) {
  const auto &[rows, columns] = GetParam();
  const std::int64_t batch = 2, heads = 3, tokens = 1 + rows * columns, depth = 64;
  at::manual_seed(5);
  // As Block::project() gives them: views into one tensor.
  const auto parts = at::randn({batch, tokens, 3, heads, depth}).permute({2, 0, 3, 1, 4}).unbind(0);
  const Projections projections{parts[0], parts[1], parts[2]};
  const at::Tensor bias = gaussian_bias(rows, columns, 5.0);
  const at::Tensor plain = neighbour_attention(Attention::kNaclip, projections, bias);
  const at::Tensor fused = cuda::biased_attention(projections.key, projections.value, bias);
  ASSERT_EQ(fused.sizes(), plain.sizes());
  EXPECT_LE((fused - plain).abs().max().item<double>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Grids, BiasedAttention,
                         ::testing::Values(std::pair{1, 1}, std::pair{3, 5}, std::pair{14, 14},
                                           std::pair{21, 28}));

}  // namespace
}  // namespace naclip
