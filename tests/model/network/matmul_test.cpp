// Products with fixed weights, and what follows them in one pass.
#include "model/network/matmul.h"

#include <gtest/gtest.h>

#include <cmath>

namespace naclip {
namespace {

using Then = Matmul::Then;

struct Case {
  at::ScalarType x, y;
  Then then;
};

std::ostream &operator<<(std::ostream &stream, const Case &one) {
  return stream << c10::toString(one.x) << " to " << c10::toString(one.y) << ", then "
                << static_cast<int>(one.then);
}

class Matmuls : public ::testing::TestWithParam<Case> {};

at::Tensor followed_by(Then then, const at::Tensor &product, const at::Tensor &before) {
  switch (then) {
    case Then::kQuickGelu:
      return product * at::sigmoid(1.702 * product);
    case Then::kGelu:
      return 0.5 * product * (1 + at::erf(product * M_SQRT1_2));
    case Then::kAdd:
      return before + product;
    default:
      return product;
  }
}

TEST_P(Matmuls, EqualProductsInDoublePrecision) {
  if (!Matmul::available()) GTEST_SKIP() << "this build has no oneDNN";
  const Case &one = GetParam();
  for (const auto &[in, out] : {std::pair{64, 192}, {40, 24}, {5, 3}, {256, 64}}) {
    if (one.x == at::kBFloat16 && !Matmul::is_fast({one.x, one.x, one.y}, in, out))
      GTEST_SKIP() << "this processor has no products of bfloat16";
    at::manual_seed(23);
    const at::Tensor weight = (at::randn({out, in}) / std::sqrt(in)).to(one.x);
    const at::Tensor bias = at::randn({out});
    const Matmul matmul(weight, bias, one.x, one.y, one.then);
    for (const int rows : {1, 7, 300, 7}) {
      const at::Tensor x = at::randn({rows, in}).to(one.x);
      const at::Tensor before = at::randn({rows, out}).to(one.y);
      const at::Tensor product =
          at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
      const at::Tensor wanted = followed_by(one.then, product, before.to(at::kDouble));
      const at::Tensor found = before.clone();
      matmul.multiply(x.data_ptr(), rows, found.data_ptr());
      const double limit = one.y == at::kBFloat16 ? 0.01 : 2e-6;
      EXPECT_LE(((found - wanted).abs().max() / wanted.abs().max()).item<double>(), limit)
          << rows << " rows, " << in << " to " << out;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Matmuls,
                         ::testing::Values(Case{at::kFloat, at::kFloat, Then::kNothing},
                                           Case{at::kFloat, at::kFloat, Then::kQuickGelu},
                                           Case{at::kFloat, at::kFloat, Then::kGelu},
                                           Case{at::kFloat, at::kFloat, Then::kAdd},
                                           Case{at::kBFloat16, at::kBFloat16, Then::kNothing},
                                           Case{at::kBFloat16, at::kBFloat16, Then::kQuickGelu},
                                           Case{at::kBFloat16, at::kFloat, Then::kAdd}));

}  // namespace
}  // namespace naclip
