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

  /// The two forms of an attention beside `expected`.
  void expect_attention(double alpha, const at::Tensor &value, const std::string &name) {
    const Projections p{at("pearl/q").unsqueeze(0), at("pearl/k").unsqueeze(0), value.unsqueeze(0)};
    const auto attended = [&](const plain::Attend &attend) {
      return plain::neighbour_attention(Attention::kPearl, p, {}, alpha, attend).squeeze(0);
    };
    const auto plain = [](const auto &q, const auto &bias) { return plain::attention(q, bias); };
    for (const auto &[form, error] :
         {std::pair{"plain", relative_error(attended(plain), at(name))},
          std::pair{"fused", relative_error(attended(attention), at(name))}}) {
      RecordProperty(name + " " + form, std::to_string(error * 1e6) + "e-6");
      EXPECT_LE(error, kRelativeError) << name << ", " << form;
    }
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
  for (const auto &[name, expected] : tensors()) {
    if (!name.starts_with("tlp/") || !name.ends_with("/out")) continue;
    const std::string folder = name.substr(0, name.rfind('/') + 1);
    const at::Tensor image = at(folder + "image"), scores = at(folder + "logits"),
                     words = at(folder + "text");
    const std::int64_t height = expected.size(2), width = expected.size(3);
    const auto error = [&, &expected = expected](const at::Tensor &grid) {
      return relative_error(plain::stretched(grid, height, width), expected);
    };
    const double plain = error(plain::tlp(image, scores, words)),
                 fused = error(Propagator().propagate(image, scores, words, height, width));
    RecordProperty(name + " plain", std::to_string(plain * 1e6) + "e-6");
    RecordProperty(name + " fused", std::to_string(fused * 1e6) + "e-6");
    EXPECT_LE(plain, kRelativeError) << name;
    EXPECT_LE(fused, kRelativeError) << name;
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

}  // namespace
}  // namespace naclip::testing
