// Both towers with either activation, against CLIP written down once more in libtorch's own operations.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "model/network/clip_text.h"
#include "model/network/clip_vision.h"
#include "tests/golden_folder.h"

namespace naclip {
namespace {

double relative_error(const at::Tensor &found, const at::Tensor &wanted) {
  return ((found - wanted).abs().max() / wanted.abs().max()).item<double>();
}

/// A CLIP in the simplest form, in double precision: OpenAI's model.py in libtorch.
class SimpleClip {
 public:
  SimpleClip(const Checkpoint &checkpoint, Activation activation)
      : checkpoint_(checkpoint), activation_(activation) {}

  /// [1, 3, S, S] of the training's size -> [1, tokens, D]
  at::Tensor encode_picture(const at::Tensor &picture) const {
    const NetworkSizes &sizes = checkpoint_.sizes;
    const at::Tensor patches =
        at::conv2d(picture.to(at::kDouble), weight("visual.conv1.weight"), {}, sizes.patch);
    at::Tensor x = patches.flatten(2).transpose(1, 2);
    x = at::cat({weight("visual.class_embedding").view({1, 1, -1}), x}, 1) +
        weight("visual.positional_embedding");
    x = norm("visual.ln_pre", x);
    for (std::int64_t layer = 0; layer < sizes.vision_layers; ++layer)
      x = block("visual.transformer.resblocks." + std::to_string(layer) + ".", x,
                sizes.vision_heads, {});
    return at::matmul(norm("visual.ln_post", x), weight("visual.proj"));
  }

  /// -> [1, D], read at the last token
  at::Tensor encode_text(const std::vector<std::int64_t> &ids) const {
    const auto count = static_cast<std::int64_t>(ids.size());
    at::Tensor x =
        at::embedding(weight("token_embedding.weight"), at::tensor(ids, at::kLong)).unsqueeze(0) +
        weight("positional_embedding").slice(0, 0, count);
    const at::Tensor mask = at::full({count, count}, -INFINITY, at::kDouble).triu(1);
    for (std::int64_t layer = 0; layer < checkpoint_.sizes.text_layers; ++layer)
      x = block("transformer.resblocks." + std::to_string(layer) + ".", x,
                checkpoint_.sizes.text_heads, mask);
    return at::matmul(norm("ln_final", x).select(1, count - 1), weight("text_projection"));
  }

 private:
  at::Tensor weight(const std::string &name) const { return checkpoint_.at(name).to(at::kDouble); }

  at::Tensor norm(const std::string &name, const at::Tensor &x) const {
    return at::layer_norm(x, {x.size(-1)}, weight(name + ".weight"), weight(name + ".bias"), 1e-5);
  }

  at::Tensor block(const std::string &name, const at::Tensor &x, std::int64_t heads,
                   const at::Tensor &mask) const {
    const at::Tensor attended = x + attention(name + "attn.", norm(name + "ln_1", x), heads, mask);
    const at::Tensor hidden =
        at::linear(norm(name + "ln_2", attended), weight(name + "mlp.c_fc.weight"),
                   weight(name + "mlp.c_fc.bias"));
    const at::Tensor active =
        activation_ == Activation::kGelu ? at::gelu(hidden) : hidden * at::sigmoid(1.702 * hidden);
    return attended +
           at::linear(active, weight(name + "mlp.c_proj.weight"), weight(name + "mlp.c_proj.bias"));
  }

  at::Tensor attention(const std::string &name, const at::Tensor &x, std::int64_t heads,
                       const at::Tensor &mask) const {
    const at::Tensor projected =
        at::linear(x, weight(name + "in_proj_weight"), weight(name + "in_proj_bias"));
    std::vector<at::Tensor> outcomes;
    const std::int64_t width = x.size(2), own = width / heads;
    for (std::int64_t head = 0; head < heads; ++head) {
      const auto part = [&](std::int64_t which) {
        return projected.narrow(2, which * width + head * own, own);
      };
      at::Tensor logits =
          at::matmul(part(0), part(1).transpose(1, 2)) / std::sqrt(static_cast<double>(own));
      if (mask.defined()) logits = logits + mask;
      outcomes.push_back(at::matmul(logits.softmax(-1), part(2)));
    }
    return at::linear(at::cat(outcomes, 2), weight(name + "out_proj.weight"),
                      weight(name + "out_proj.bias"));
  }

  const Checkpoint &checkpoint_;
  Activation activation_;
};

class Towers : public ::testing::TestWithParam<Activation> {
 protected:
  static Activation other() {
    return GetParam() == Activation::kGelu ? Activation::kQuickGelu : Activation::kGelu;
  }

  const Checkpoint checkpoint_ =
      read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors", GetParam());
  const Compute compute_ = choose_compute("cpu", Precision::kFloat32);
};

TEST_P(Towers, OfPicturesEqualTheSimpleFormAndNotThatOfTheOtherActivation) {
  at::manual_seed(29);
  const std::int64_t side = checkpoint_.sizes.patch * checkpoint_.sizes.native_grid;
  const at::Tensor picture = at::randn({1, 3, side, side});
  ClipVision vision(checkpoint_, compute_, Attention::kVanilla, Architecture::kVanilla, 5.0);
  const at::Tensor found = vision.encode(picture);
  EXPECT_LE(relative_error(found, SimpleClip(checkpoint_, GetParam()).encode_picture(picture)),
            1e-5);
  EXPECT_GE(relative_error(found, SimpleClip(checkpoint_, other()).encode_picture(picture)), 1e-3);
}

TEST_P(Towers, OfTextsEqualTheSimpleFormAndNotThatOfTheOtherActivation) {
  const std::vector<std::vector<int>> sentences{{1, 2, 3, 4, 5}, {1, 2, 3, 9}, {7}};
  ClipText plain_text(checkpoint_, compute_, ClipText::Form::kPlain);
  const at::Tensor trie = ClipText(checkpoint_, compute_).encode(sentences),
                   plain = plain_text.encode(sentences);
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const std::vector<std::int64_t> ids(sentences[i].begin(), sentences[i].end());
    const at::Tensor wanted = SimpleClip(checkpoint_, GetParam()).encode_text(ids);
    const auto row = static_cast<std::int64_t>(i);
    EXPECT_LE(relative_error(trie.slice(0, row, row + 1), wanted), 1e-5) << i;
    EXPECT_LE(relative_error(plain.slice(0, row, row + 1), wanted), 1e-5) << i;
    EXPECT_GE(relative_error(trie.slice(0, row, row + 1),
                             SimpleClip(checkpoint_, other()).encode_text(ids)),
              1e-4)
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, Towers,
                         ::testing::Values(Activation::kQuickGelu, Activation::kGelu));

}  // namespace
}  // namespace naclip
