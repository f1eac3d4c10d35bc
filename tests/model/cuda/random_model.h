// A checkpoint of ViT-B/16's vision tower with random weights: speed does not depend on them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "model/network/checkpoint.h"
#include "tests/golden_folder.h"

namespace naclip::testing {

/// The tiny golden model's text tower beside a random vision tower of ViT-B/16's size.
inline Checkpoint random_model() {
  constexpr std::int64_t kWidth = 768, kPatch = 16, kGrid = 14;
  constexpr int kLayers = 12;
  Checkpoint checkpoint = read_checkpoint(test::golden_folder() + "/tiny-openai.safetensors");
  std::erase_if(checkpoint.tensors,
                [](const auto &one) { return one.first.starts_with("visual."); });
  at::manual_seed(1);
  const auto put = [&](const std::string &name, at::IntArrayRef shape, double deviation,
                       double mean = 0.0) {
    checkpoint.tensors["visual." + name] = at::randn(shape) * deviation + mean;
  };
  const auto norm = [&](const std::string &name) {
    put(name + ".weight", {kWidth}, 0.1, 1.0);
    put(name + ".bias", {kWidth}, 0.1);
  };
  put("conv1.weight", {kWidth, 3, kPatch, kPatch}, 0.03);
  put("class_embedding", {kWidth}, 0.5);
  put("positional_embedding", {1 + kGrid * kGrid, kWidth}, 0.5);
  put("proj", {kWidth, checkpoint.sizes.embedding}, 0.04);
  norm("ln_pre");
  norm("ln_post");
  for (int layer = 0; layer < kLayers; ++layer) {
    const std::string name = "transformer.resblocks." + std::to_string(layer) + ".";
    norm(name + "ln_1");
    norm(name + "ln_2");
    put(name + "attn.in_proj_weight", {3 * kWidth, kWidth}, 0.04);
    put(name + "attn.in_proj_bias", {3 * kWidth}, 0.04);
    put(name + "attn.out_proj.weight", {kWidth, kWidth}, 0.04);
    put(name + "attn.out_proj.bias", {kWidth}, 0.04);
    put(name + "mlp.c_fc.weight", {4 * kWidth, kWidth}, 0.04);
    put(name + "mlp.c_fc.bias", {4 * kWidth}, 0.04);
    put(name + "mlp.c_proj.weight", {kWidth, 4 * kWidth}, 0.02);
    put(name + "mlp.c_proj.bias", {kWidth}, 0.04);
  }
  checkpoint.sizes.patch = kPatch;
  checkpoint.sizes.native_grid = kGrid;
  checkpoint.sizes.vision_width = kWidth;
  checkpoint.sizes.vision_layers = kLayers;
  checkpoint.sizes.vision_heads = kWidth / 64;
  return checkpoint;
}

/// Writes a checkpoint as safetensors in float32.
inline void write_safetensors(const Checkpoint &checkpoint, const std::string &path) {
  std::string header = "{", data;
  for (const auto &[name, given] : checkpoint.tensors) {
    const at::Tensor tensor = given.to(at::kFloat).contiguous();
    std::string shape;
    for (const std::int64_t side : tensor.sizes())
      shape += (shape.empty() ? "" : ",") + std::to_string(side);
    const std::size_t begin = data.size();
    data.append(static_cast<const char *>(tensor.data_ptr()), tensor.nbytes());
    header += (header.size() == 1 ? "\"" : ",\"") + name + "\":{\"dtype\":\"F32\",\"shape\":[" +
              shape + "],\"data_offsets\":[" + std::to_string(begin) + "," +
              std::to_string(data.size()) + "]}";
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<std::uint64_t>(header.size());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char *>(&length), sizeof length);
  file << header << data;
}

}  // namespace naclip::testing
