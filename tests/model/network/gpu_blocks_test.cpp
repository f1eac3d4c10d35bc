#include "model/network/gpu_blocks.h"

#include <gtest/gtest.h>

#include "tests/golden_folder.h"

namespace naclip {
namespace {

class GpuBlocks : public ::testing::TestWithParam<Activation> {};

TEST_P(GpuBlocks, EqualThePlainFormOneBlockAfterAnother) {
  const Checkpoint checkpoint =
      read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors", GetParam());
  const Compute compute = choose_compute("cpu", Precision::kFloat32);
  const std::vector<Block> all =
      blocks(checkpoint, "visual.transformer", checkpoint.sizes.vision_layers,
             checkpoint.sizes.vision_heads, compute);
  const LayerNorm last = layer_norm(checkpoint, "visual.ln_post", compute);
  at::manual_seed(3);
  const at::Tensor given = at::randn({2, 7, checkpoint.sizes.vision_width});
  for (std::size_t count = 0; count <= all.size(); ++count) {
    at::Tensor expected = given;
    for (std::size_t i = 0; i < count; ++i) expected = all[i].forward(expected, false);
    at::Tensor x = given.clone();
    const at::Tensor normed = forward_on_gpu({all.data(), count}, x, last, {});
    EXPECT_LE((x - expected).abs().max().item<double>(), 1e-5) << count;
    EXPECT_LE((normed - last(expected)).abs().max().item<double>(), 1e-5) << count;
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, GpuBlocks,
                         ::testing::Values(Activation::kQuickGelu, Activation::kGelu));

}  // namespace
}  // namespace naclip
