// Checkpoints with random weights: what the file holds.
#include <glib.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "model/base/published_models.h"
#include "model/checkpoint/activation_in_use.h"
#include "model/checkpoint/checkpoint_file.h"
#include "model/checkpoint/checkpoint_shapes.h"
#include "model/error.h"
#include "model/process/interrupted.h"
#include "model/tools/naclip-model/random_checkpoint.h"
#include "test_folder.h"

namespace naclip {
namespace {

namespace files = std::filesystem;

/// A network that takes no time.
NetworkSizes small() {
  NetworkSizes sizes;
  sizes.patch = 8;
  sizes.native_grid = 3;
  sizes.vision_width = 128;
  sizes.vision_layers = 2;
  sizes.vision_heads = 2;
  sizes.text_width = 64;
  sizes.text_layers = 1;
  sizes.text_heads = 1;
  sizes.embedding = 32;
  sizes.context_length = 77;
  sizes.vocabulary = 600;
  return sizes;
}

std::string path_of(const std::string &name) {
  return test::folder() + "/" + name;
}

std::string content(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string written(const std::string &name, std::uint64_t seed) {
  RandomCheckpointOptions options;
  options.seed = seed;
  options.replace = true;
  write_random_checkpoint(path_of(name), small(), options);
  return content(path_of(name));
}

/// A float16 as the format defines it.
double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  const double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 != 0 ? -value : value;
}

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments_of(const RawTensor &tensor) {
  const auto bytes = tensor.storage();
  const auto count = static_cast<std::size_t>(element_count(tensor.shape));
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.get() + 2 * (static_cast<std::size_t>(tensor.offset) + i), 2);
    const double value = half_value(bits);
    sum += value;
    squares += value * value;
  }
  const double n = static_cast<double>(count);
  return {sum / n, std::sqrt(squares / n - sum / n * sum / n)};
}

TEST(RandomCheckpoint, IsACheckpointOfTheSizesAskedFor) {
  written("sizes.safetensors", 1);
  const CheckpointFile file = open_checkpoint(path_of("sizes.safetensors"));
  EXPECT_EQ(file.layout, "safetensors (OpenAI names)");
  EXPECT_EQ(file.sizes.patch, 8);
  EXPECT_EQ(file.sizes.native_grid, 3);
  EXPECT_EQ(file.sizes.vision_width, 128);
  EXPECT_EQ(file.sizes.vision_layers, 2);
  EXPECT_EQ(file.sizes.text_width, 64);
  EXPECT_EQ(file.sizes.text_layers, 1);
  EXPECT_EQ(file.sizes.embedding, 32);
  EXPECT_EQ(file.sizes.context_length, 77);
  EXPECT_EQ(file.sizes.vocabulary, 600);
  for (const RawTensor *tensor : file.parameter_tensors())
    EXPECT_EQ(tensor->type, ElementType::kFloat16);
}

TEST(RandomCheckpoint, SaysItsActivation) {
  written("activation.safetensors", 1);
  const std::string path = path_of("activation.safetensors");
  const ActivationInUse found = activation_in_use(open_checkpoint(path), path, Activation::kAuto);
  EXPECT_EQ(found.activation, Activation::kQuickGelu);
  EXPECT_EQ(found.source, "the file's metadata");
}

TEST(RandomCheckpoint, WeightsAreAsWideAsTheirLayersNeed) {
  written("moments.safetensors", 3);
  const CheckpointFile file = open_checkpoint(path_of("moments.safetensors"));
  const auto expect = [&](const std::string &name, double mean, double deviation) {
    const Moments found = moments_of(file.tensors.at(name));
    EXPECT_NEAR(found.mean, mean, 0.35 * deviation) << name;
    EXPECT_NEAR(found.deviation, deviation, deviation / 10) << name;
  };
  expect("visual.transformer.resblocks.1.attn.in_proj_weight", 0, 1.3 / std::sqrt(128));
  expect("visual.transformer.resblocks.0.mlp.c_proj.weight", 0, 1 / std::sqrt(512));
  expect("visual.proj", 0, 1 / std::sqrt(128));
  expect("text_projection", 0, 1 / std::sqrt(64));
  expect("token_embedding.weight", 0, 0.5);
  expect("visual.conv1.weight", 0, 1.5 / 8);
  expect("visual.transformer.resblocks.0.ln_1.weight", 1, 0.1);
  expect("visual.transformer.resblocks.0.mlp.c_fc.bias", 0, 0.1);
  EXPECT_NEAR(moments_of(file.tensors.at("logit_scale")).mean, std::log(100), 1e-2);
}

TEST(RandomCheckpoint, FollowsFromTheSeedAlone) {
  const std::string first = written("seed.safetensors", 7);
  EXPECT_EQ(first, written("seed.safetensors", 7));
  EXPECT_NE(first, written("seed.safetensors", 8));
  // Of the bytes that x86-64 wrote: another platform has to write the same.
  g_autofree gchar *sum = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(first.data()), first.size());
  EXPECT_STREQ(sum, "dbd4882df9628dab48129bc04128654414514e8e179b4cbf1476fb5e0fa36904");
}

TEST(RandomCheckpoint, EveryPublishedModelCanBeMade) {
  // Parameters as OpenAI's own code counts them.
  const std::vector<std::int64_t> parameters{151277313, 149620737, 427616513, 427944193};
  ASSERT_EQ(published_models().size(), parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto sizes = published_sizes(published_models()[i].name);
    ASSERT_TRUE(sizes) << published_models()[i].name;
    std::int64_t count = 1;  // logit_scale
    for (const ExpectedTensor &tensor : expected_tensors(*sizes, Naming::kOpenAi))
      count += element_count(tensor.shape);
    EXPECT_EQ(count, parameters[i]) << published_models()[i].name;
  }
  EXPECT_FALSE(published_sizes("RN50"));
}

TEST(RandomCheckpoint, LeavesNothingWhereItFails) {
  const std::string folder = path_of("failing");
  files::create_directories(folder);
  RandomCheckpointOptions options;
  std::ofstream(folder + "/mine") << "mine";
  try {
    write_random_checkpoint(folder + "/mine", small(), options);
    FAIL() << "replaced a file";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kWrite);
  }
  EXPECT_EQ(content(folder + "/mine"), "mine");
  try {
    write_random_checkpoint(folder + "/nowhere/model", small(), options);
    FAIL() << "wrote into no folder";
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), ErrorKind::kWrite);
    EXPECT_NE(std::string(error.what()).find(folder + "/nowhere/model"), std::string::npos);
  }
  options.give_up = [] { return true; };
  NetworkSizes larger = small();
  larger.vocabulary = 20000;
  EXPECT_THROW(write_random_checkpoint(folder + "/stopped", larger, options), Interrupted);
  EXPECT_EQ(std::distance(files::directory_iterator(folder), {}), 1);
}

TEST(RandomCheckpoint, NumbersBecomeTheNearestFloat16) {
  for (int bits = 0; bits < 0x7c00; ++bits) {
    const double value = half_value(static_cast<std::uint16_t>(bits));
    const double next = half_value(static_cast<std::uint16_t>(bits + 1));
    ASSERT_EQ(half_bits(value), bits);
    ASSERT_EQ(half_bits(-value), bits | 0x8000);
    if (bits + 1 == 0x7c00) break;
    ASSERT_EQ(half_bits(value + 0.49 * (next - value)), bits);
    ASSERT_EQ(half_bits(value + 0.51 * (next - value)), bits + 1);
    ASSERT_EQ(half_bits((value + next) / 2), bits % 2 == 0 ? bits : bits + 1) << "ties to even";
  }
}

}  // namespace
}  // namespace naclip
