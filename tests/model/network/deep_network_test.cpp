// A network as deep as ViT-L/14, 24 blocks, with generated weights: the vision tower against the
// methods written down once more, step by step, in plain operations of double precision.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/network/clip_vision.h"

namespace naclip {
namespace {

constexpr std::int64_t kDepth = 24, kWidth = 128, kHeads = 2, kPatch = 14, kGrid = 9, kOut = 48;

double relative_error(const at::Tensor &found, const at::Tensor &wanted) {
  return ((found - wanted).abs().max() / wanted.abs().max()).item<double>();
}

Checkpoint deep_checkpoint() {
  at::manual_seed(24);
  Checkpoint checkpoint;
  NetworkSizes &sizes = checkpoint.sizes;
  sizes.patch = kPatch;
  sizes.native_grid = kGrid;
  sizes.vision_width = kWidth;
  sizes.vision_layers = kDepth;
  sizes.vision_heads = kHeads;
  sizes.embedding = kOut;
  const auto put = [&](const std::string &name, at::IntArrayRef shape, double scale,
                       double offset = 0.0) {
    checkpoint.tensors.emplace("visual." + name, at::randn(shape) * scale + offset);
  };
  put("conv1.weight", {kWidth, 3, kPatch, kPatch}, 0.05);
  put("class_embedding", {kWidth}, 0.3);
  put("positional_embedding", {1 + kGrid * kGrid, kWidth}, 0.3);
  put("proj", {kWidth, kOut}, 0.1);
  for (const char *norm : {"ln_pre", "ln_post"}) {
    put(std::string(norm) + ".weight", {kWidth}, 0.1, 1.0);
    put(std::string(norm) + ".bias", {kWidth}, 0.1);
  }
  for (std::int64_t i = 0; i < kDepth; ++i) {
    const std::string block = "transformer.resblocks." + std::to_string(i) + ".";
    for (const char *norm : {"ln_1", "ln_2"}) {
      put(block + norm + ".weight", {kWidth}, 0.1, 1.0);
      put(block + norm + ".bias", {kWidth}, 0.1);
    }
    put(block + "attn.in_proj_weight", {3 * kWidth, kWidth}, 0.12);
    put(block + "attn.in_proj_bias", {3 * kWidth}, 0.1);
    put(block + "attn.out_proj.weight", {kWidth, kWidth}, 0.05);
    put(block + "attn.out_proj.bias", {kWidth}, 0.05);
    put(block + "mlp.c_fc.weight", {4 * kWidth, kWidth}, 0.08);
    put(block + "mlp.c_fc.bias", {4 * kWidth}, 0.1);
    put(block + "mlp.c_proj.weight", {kWidth, 4 * kWidth}, 0.03);
    put(block + "mlp.c_proj.bias", {kWidth}, 0.05);
  }
  return checkpoint;
}

/// The tower in double precision, one picture of the native size, block by block.
class StepByStep {
 public:
  StepByStep(const Checkpoint &checkpoint, const at::Tensor &picture) : checkpoint_(checkpoint) {
    at::Tensor x = at::conv2d(picture.to(at::kDouble), weight("conv1.weight"), {}, kPatch)
                       .flatten(2)
                       .transpose(1, 2)[0];
    x = at::cat({weight("class_embedding").view({1, -1}), x}) + weight("positional_embedding");
    outcomes_.push_back(norm("ln_pre", x));
    for (std::int64_t i = 1; i < kDepth; ++i) outcomes_.push_back(run_block(i, outcomes_.back()));
  }

  at::Tensor naclip(double deviation) const {
    const at::Tensor normed = norm(name(kDepth) + "ln_1", outcomes_.back());
    const at::Tensor bias = plain::gaussian_bias(kGrid, kGrid, deviation).to(at::kDouble);
    return finish(attended(kDepth, normed, 1, bias));
  }

  /// Blocks 7, 17 and 9 to 19 of 24, and a tenth of the class token.
  at::Tensor scclip() const {
    const at::Tensor deep = outcomes_.back(), patches = deep.slice(0, 1);
    const at::Tensor places = plain::outliers(plain::outlier_factors(patches.unsqueeze(0)));
    const auto repaired = [&](const at::Tensor &x) {
      return plain::repaired(x.unsqueeze(0), places, kGrid, kGrid)[0];
    };
    const at::Tensor alike = cosines(repaired(outcomes_.at(17).slice(0, 1)));
    const at::Tensor spread = row_normalised(cosines(outcomes_.at(7).slice(0, 1)));
    at::Tensor excess = 3.0 * (alike - alike.mean());
    const at::Tensor shared = excess.masked_fill(excess < 0, -INFINITY).softmax(-1);
    at::Tensor sum = at::zeros_like(deep);
    for (std::size_t block = 9; block <= 19; ++block) sum += outcomes_.at(block);
    const auto run = [&](const at::Tensor &input, const at::Tensor &class_token) {
      const at::Tensor out =
          attended(kDepth, norm(name(kDepth) + "ln_1", input), 1, {}, shared) + 0.1 * class_token;
      return at::matmul(spread, out);
    };
    const at::Tensor mixed = at::matmul(row_normalised(alike), repaired(patches));
    return finish(run(mixed, deep[0]) + run(sum.slice(0, 1), sum[0]));
  }

 private:
  at::Tensor weight(const std::string &name) const {
    return checkpoint_.at("visual." + name).to(at::kDouble);
  }
  static std::string name(std::int64_t block) {
    return "transformer.resblocks." + std::to_string(block - 1) + ".";
  }
  at::Tensor norm(const std::string &of, const at::Tensor &x) const {
    return at::layer_norm(x, {kWidth}, weight(of + ".weight"), weight(of + ".bias"), 1e-5);
  }
  static at::Tensor cosines(const at::Tensor &x) {
    const at::Tensor directions = x / x.norm(2, -1, true);
    return at::matmul(directions, directions.t());
  }
  static at::Tensor row_normalised(const at::Tensor &alike) {
    const at::Tensor kept = alike.masked_fill(alike < 0.4, 0.0);
    return kept / (kept.sum(-1, true) + 1e-6);
  }

  /// What tokens attend by: queries are part 0 of in_proj's outcome, keys part 1. With `shared`, the
  /// mean of those weights and of the softmax.
  at::Tensor attended(std::int64_t block, const at::Tensor &normed, int queries,
                      const at::Tensor &bias, const at::Tensor &shared = {}) const {
    const std::string own = name(block) + "attn.";
    const at::Tensor projected =
        at::linear(normed, weight(own + "in_proj_weight"), weight(own + "in_proj_bias"));
    std::vector<at::Tensor> heads;
    constexpr std::int64_t kOwn = kWidth / kHeads;
    for (std::int64_t head = 0; head < kHeads; ++head) {
      const auto part = [&](std::int64_t which) {
        return projected.narrow(1, which * kWidth + head * kOwn, kOwn);
      };
      at::Tensor logits = at::matmul(part(queries), part(1).t()) / std::sqrt(64.0);
      if (bias.defined()) logits = logits + bias;
      at::Tensor weights = logits.softmax(-1);
      if (shared.defined()) weights = (weights + shared) / 2.0;
      heads.push_back(at::matmul(weights, part(2)));
    }
    return at::linear(at::cat(heads, 1), weight(own + "out_proj.weight"),
                      weight(own + "out_proj.bias"));
  }

  at::Tensor run_block(std::int64_t block, const at::Tensor &x) const {
    const at::Tensor middle = x + attended(block, norm(name(block) + "ln_1", x), 0, {});
    const std::string mlp = name(block) + "mlp.";
    const at::Tensor hidden = at::linear(norm(name(block) + "ln_2", middle),
                                         weight(mlp + "c_fc.weight"), weight(mlp + "c_fc.bias"));
    return middle + at::linear(hidden * at::sigmoid(1.702 * hidden), weight(mlp + "c_proj.weight"),
                               weight(mlp + "c_proj.bias"));
  }

  at::Tensor finish(const at::Tensor &x) const {
    return at::matmul(norm("ln_post", x), weight("proj"));
  }

  const Checkpoint &checkpoint_;
  std::vector<at::Tensor> outcomes_;  // of each block, the input first
};

class DeepNetwork : public ::testing::Test {
 protected:
  at::Tensor encode(Attention attention) {
    ClipVision vision(checkpoint_, Compute{}, attention, Architecture::kReduced, 5.0);
    return vision.encode(picture_)[0];
  }

  const Checkpoint checkpoint_ = deep_checkpoint();
  const at::Tensor picture_ = at::randn({1, 3, kPatch *kGrid, kPatch *kGrid});
  const StepByStep steps_{checkpoint_, picture_};
};

TEST_F(DeepNetwork, WithNaclipIsTheMethodStepByStep) {
  EXPECT_LE(relative_error(encode(Attention::kNaclip), steps_.naclip(5.0)), 2e-5);
}

TEST_F(DeepNetwork, WithScclipIsTheMethodStepByStep) {
  EXPECT_LE(relative_error(encode(Attention::kScclip).slice(0, 1), steps_.scclip()), 1e-4);
}

}  // namespace
}  // namespace naclip
