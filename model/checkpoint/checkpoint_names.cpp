#include "model/checkpoint/checkpoint_names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace naclip {
namespace {

/// Where a tower's blocks begin, in OpenAI's naming and in Hugging Face's.
struct BlockPrefix {
  std::string_view openai;
  std::string_view hugging_face;
};

constexpr BlockPrefix kVisionBlocks{"visual.transformer.resblocks.",
                                    "vision_model.encoder.layers."};
constexpr BlockPrefix kTextBlocks{"transformer.resblocks.", "text_model.encoder.layers."};

constexpr std::string_view kCustomText = "text.";

bool is_vision(std::string_view openai_name) {
  return openai_name.starts_with("visual.");
}

// Tables are never destroyed: a program may end while they are read.
const std::unordered_map<std::string_view, TensorSource> &outer_names() {
  static const auto &names = *new std::unordered_map<std::string_view, TensorSource>{
      {"visual.class_embedding", {{"vision_model.embeddings.class_embedding"}}},
      {"visual.positional_embedding", {{"vision_model.embeddings.position_embedding.weight"}}},
      {"visual.conv1.weight", {{"vision_model.embeddings.patch_embedding.weight"}}},
      // Spelt so in every published file.
      {"visual.ln_pre.weight", {{"vision_model.pre_layrnorm.weight"}}},
      {"visual.ln_pre.bias", {{"vision_model.pre_layrnorm.bias"}}},
      {"visual.ln_post.weight", {{"vision_model.post_layernorm.weight"}}},
      {"visual.ln_post.bias", {{"vision_model.post_layernorm.bias"}}},
      {"visual.proj", {{"visual_projection.weight"}, true}},
      {"positional_embedding", {{"text_model.embeddings.position_embedding.weight"}}},
      {"token_embedding.weight", {{"text_model.embeddings.token_embedding.weight"}}},
      {"ln_final.weight", {{"text_model.final_layer_norm.weight"}}},
      {"ln_final.bias", {{"text_model.final_layer_norm.bias"}}},
      {"text_projection", {{"text_projection.weight"}, true}},
  };
  return names;
}

const std::unordered_map<std::string_view, std::vector<std::string>> &block_names() {
  static const auto &names = *new std::unordered_map<std::string_view, std::vector<std::string>>{
      {"attn.in_proj_weight",
       {"self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"}},
      {"attn.in_proj_bias",
       {"self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"}},
      {"attn.out_proj.weight", {"self_attn.out_proj.weight"}},
      {"attn.out_proj.bias", {"self_attn.out_proj.bias"}},
      {"ln_1.weight", {"layer_norm1.weight"}},
      {"ln_1.bias", {"layer_norm1.bias"}},
      {"ln_2.weight", {"layer_norm2.weight"}},
      {"ln_2.bias", {"layer_norm2.bias"}},
      {"mlp.c_fc.weight", {"mlp.fc1.weight"}},
      {"mlp.c_fc.bias", {"mlp.fc1.bias"}},
      {"mlp.c_proj.weight", {"mlp.fc2.weight"}},
      {"mlp.c_proj.bias", {"mlp.fc2.bias"}},
  };
  return names;
}

/// `name` in a block of Hugging Face's, or nothing where it is not a block's.
std::optional<TensorSource> block_source(const BlockPrefix &prefix, std::string_view name) {
  if (!name.starts_with(prefix.openai)) return std::nullopt;
  const std::string_view rest = name.substr(prefix.openai.size());
  const auto dot = rest.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto found = block_names().find(rest.substr(dot + 1));
  if (found == block_names().end()) return std::nullopt;
  TensorSource source;
  for (const std::string &inner : found->second)
    source.names.push_back(std::string(prefix.hugging_face) + std::string(rest.substr(0, dot + 1)) +
                           inner);
  return source;
}

}  // namespace

RawTensors without_module_prefix(RawTensors tensors) {
  constexpr std::string_view kPrefix = "module.";
  const bool prefixed = std::ranges::all_of(
      tensors, [&](const auto &entry) { return entry.first.starts_with(kPrefix); });
  if (!prefixed) return tensors;
  RawTensors result;
  for (auto &[name, tensor] : tensors)
    result.emplace(name.substr(kPrefix.size()), std::move(tensor));
  return result;
}

Naming naming_of(const RawTensors &tensors) {
  const auto any_begins = [&](std::string_view prefix) {
    const auto first = tensors.lower_bound(std::string(prefix));
    return first != tensors.end() && first->first.starts_with(prefix);
  };
  if (any_begins("vision_model.") || any_begins("text_model.")) return Naming::kHuggingFace;
  return any_begins(kCustomText) ? Naming::kCustomText : Naming::kOpenAi;
}

TensorSource source_of(Naming naming, const std::string &openai_name) {
  if (naming == Naming::kHuggingFace) {
    const auto found = outer_names().find(openai_name);
    if (found != outer_names().end()) return found->second;
    for (const BlockPrefix &prefix : {kVisionBlocks, kTextBlocks})
      if (auto source = block_source(prefix, openai_name)) return *source;
  }
  if (naming == Naming::kCustomText && !is_vision(openai_name))
    return {{std::string(kCustomText) + openai_name}, false};
  return {{openai_name}, false};
}

std::int64_t count_blocks(Naming naming, Tower tower, const RawTensors &tensors) {
  const BlockPrefix &prefixes = tower == Tower::kVision ? kVisionBlocks : kTextBlocks;
  std::string prefix(naming == Naming::kHuggingFace ? prefixes.hugging_face : prefixes.openai);
  if (naming == Naming::kCustomText && tower == Tower::kText) prefix.insert(0, kCustomText);
  // The number of blocks, not the largest index: a name out of a damaged file may say any number.
  std::set<std::int64_t> blocks;
  for (const auto &entry : tensors) {
    const std::string_view name = entry.first;
    if (!name.starts_with(prefix)) continue;
    std::int64_t index = 0;
    const char *begin = name.data() + prefix.size();
    const auto parsed = std::from_chars(begin, name.data() + name.size(), index);
    if (parsed.ec == std::errc{} && index >= 0) blocks.insert(index);
  }
  return static_cast<std::int64_t>(blocks.size());
}

bool is_ignorable(const std::string &name) {
  constexpr std::array<std::string_view, 8> kNames{
      "input_resolution",
      "context_length",
      "vocab_size",
      "attn_mask",
      "text.attn_mask",
      "logit_bias",
      "text_model.embeddings.position_ids",
      "vision_model.embeddings.position_ids",
  };
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace naclip
