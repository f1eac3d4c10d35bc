// PEARL's two parts against what its published code computes. Relative error <= 1e-4.
#include <gtest/gtest.h>

#include "golden.h"
#include "model/network/transformer.h"
#include "model/plain/attention.h"
#include "model/plain/stretch.h"
#include "model/plain/tlp.h"
#include "model/stages/tlp.h"

namespace naclip::testing {
namespace {

constexpr double kRelativeError = 1e-4;

class Pearl : public ::testing::Test {
 protected:
  static const std::map<std::string, at::Tensor> &tensors() {
    static const auto all =
        read_tensors(test::golden_beyond_folder() + "/expected-beyond.safetensors");
    return all;
  }
  static at::Tensor at(const std::string &name) { return tensors().at(name); }

  void expect_close(const at::Tensor &found, const at::Tensor &expected, const std::string &what) {
    const double error = relative_error(found, expected);
    RecordProperty(what, std::to_string(error * 1e6) + "e-6");
    EXPECT_LE(error, kRelativeError) << what;
  }

  /// The two forms of an attention beside `expected`.
  void expect_attention(double alpha, const at::Tensor &value, const std::string &name) {
    const Projections p{at("pearl/q").unsqueeze(0), at("pearl/k").unsqueeze(0), value.unsqueeze(0)};
    const at::Tensor expected = at(name).unsqueeze(0);
    expect_close(plain::neighbour_attention(Attention::kPearl, p, {}, alpha), expected,
                 name + " plain");
    expect_close(
        plain::neighbour_attention(Attention::kPearl, p, {}, alpha, attention, pearl_projections),
        expected, name + " fused");
  }
};

TEST_F(Pearl, AttentionIsEqualFusedAndPlain) {
  // Values that are the identity leave the attention itself.
  const std::int64_t heads = at("pearl/q").size(0), tokens = at("pearl/q").size(1);
  expect_attention(0.08, at::eye(tokens).expand({heads, tokens, tokens}), "pearl/attention");
}

TEST_F(Pearl, OutcomeIsEqualFusedAndPlain) {
  int checked = 0;
  for (const auto &[name, tensor] : tensors()) {
    if (!name.starts_with("pearl/out")) continue;
    const auto alpha = name.find("-alpha");
    expect_attention(alpha == std::string::npos ? 0.08 : std::stod(name.substr(alpha + 6)),
                     at("pearl/v"), name);
    ++checked;
  }
  EXPECT_GT(checked, 1);
}

TEST_F(Pearl, PropagationIsEqualFusedAndPlain) {
  int checked = 0;
  for (const auto &[name, tensor] : tensors()) {
    if (!name.starts_with("tlp/") || !name.ends_with("/out")) continue;
    const std::string folder = name.substr(0, name.rfind('/') + 1);
    const at::Tensor image = at(folder + "image"), scores = at(folder + "logits"),
                     words = at(folder + "text");
    const std::int64_t height = tensor.size(2), width = tensor.size(3);
    const auto whole = [&](const at::Tensor &grid) {
      return plain::stretched(grid, height, width);
    };
    expect_close(whole(plain::tlp(image, scores, words)), tensor, name + " plain");
    expect_close(whole(Propagator().propagate(image, scores, words, height, width)), tensor,
                 name + " fused");
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace naclip::testing
