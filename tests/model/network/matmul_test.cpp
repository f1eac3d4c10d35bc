// Products with fixed weights, and what follows them in one pass.
#include "model/network/matmul.h"

#include <ATen/Parallel.h>
#include <glib.h>
#include <gtest/gtest.h>
#include <omp.h>

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

/// How far a product by 16 threads is from libtorch's.
double error_by_many_threads() {
  const int before = at::get_num_threads();
  at::set_num_threads(16);
  at::manual_seed(29);
  const at::Tensor weight = at::randn({768, 256}), bias = at::randn({768}),
                   x = at::randn({300, 256});
  const at::Tensor found = at::zeros({300, 768});
  Matmul(weight, bias, at::kFloat, at::kFloat).multiply(x.data_ptr(), 300, found.data_ptr());
  at::set_num_threads(before);
  return (found - at::linear(x, weight, bias)).abs().max().item<double>();
}

TEST(MatmulThreads, MayBeFewerByOpenMpsOwnAccord) {
  if (!Matmul::available()) GTEST_SKIP() << "this build has no oneDNN";
  omp_set_dynamic(1);
  EXPECT_LE(error_by_many_threads(), 1e-3);
  omp_set_dynamic(0);
}

// OpenMP reads its limit when a program starts: the tests above once more, in a process of their own.
TEST(MatmulThreads, MayBeLimited) {
  if (!Matmul::available()) GTEST_SKIP() << "this build has no oneDNN";
  g_autofree gchar *self = g_file_read_link("/proc/self/exe", nullptr);
  g_auto(GStrv) environment = g_get_environ();
  environment = g_environ_setenv(environment, "OMP_THREAD_LIMIT", "1", TRUE);
  environment = g_environ_setenv(environment, "OMP_NUM_THREADS", "2", TRUE);
  const char *const arguments[] = {self, "--gtest_filter=*/Matmuls.*", nullptr};
  g_autofree gchar *output = nullptr;
  gint status = 0;
  ASSERT_TRUE(g_spawn_sync(nullptr, const_cast<gchar **>(arguments), environment, G_SPAWN_DEFAULT,
                           nullptr, nullptr, &output, nullptr, &status, nullptr));
  EXPECT_TRUE(g_spawn_check_wait_status(status, nullptr)) << output;
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
