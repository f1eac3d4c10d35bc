#include "model/checkpoint/stated_activation.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "model/base/model_files.h"
#include "model/checkpoint/configuration.h"
#include "model/checkpoint/raw_tensor.h"
#include "model/error.h"

namespace naclip {
namespace {

/// True where the member is missing or says just that.
bool agrees(JsonObject *object, const char *name, std::int64_t size) {
  return integer_member(object, name).value_or(size) == size;
}

// --- Hugging Face --------------------------------------------------------------------------------

bool describes(JsonObject *vision, JsonObject *text, const NetworkSizes &sizes) {
  return agrees(vision, "hidden_size", sizes.vision_width) &&
         agrees(vision, "patch_size", sizes.patch) &&
         agrees(vision, "num_hidden_layers", sizes.vision_layers) &&
         agrees(text, "hidden_size", sizes.text_width) &&
         agrees(text, "num_hidden_layers", sizes.text_layers);
}

StatedActivation of_hugging_face(JsonObject *root, const std::string &source,
                                 const NetworkSizes &sizes) {
  const auto type = text_member(root, "model_type");
  if (type && !type->starts_with("clip")) return {};
  JsonObject *vision = object_member(root, "vision_config");
  JsonObject *text = object_member(root, "text_config");
  if (!describes(vision, text, sizes)) return {};
  const auto common = text_member(root, "hidden_act");
  // What transformers takes where a configuration of a CLIP does not say.
  const auto fallback = type ? std::optional<std::string>("quick_gelu") : std::nullopt;
  const auto of_tower = [&](JsonObject *tower) {
    const auto own = text_member(tower, "hidden_act");
    return own ? own : common ? common : fallback;
  };
  const auto of_vision = of_tower(vision), of_text = of_tower(text);
  if (!of_vision && !of_text) return {};
  const StatedActivation one = activation_named(of_vision ? *of_vision : *of_text, source);
  if (one.activation != activation_named(of_text ? *of_text : *of_vision, source).activation)
    throw Error(ErrorKind::kModel, source +
                                       " names one activation for pictures and another for texts, "
                                       "which does not work; take a model that has one for both");
  return one;
}

// --- OpenCLIP ------------------------------------------------------------------------------------

StatedActivation of_open_clip(JsonObject *root, const std::string &source,
                              const NetworkSizes &sizes) {
  JsonObject *model = object_member(root, "model_cfg");
  if (model == nullptr) model = root;
  JsonObject *vision = object_member(model, "vision_cfg"), *text = object_member(model, "text_cfg");
  if (vision == nullptr || text == nullptr) return {};
  const bool same =
      integer_member(vision, "width") &&  // not that of timm's networks
      agrees(vision, "width", sizes.vision_width) && agrees(vision, "patch_size", sizes.patch) &&
      agrees(vision, "layers", sizes.vision_layers) && agrees(text, "width", sizes.text_width) &&
      agrees(text, "layers", sizes.text_layers);
  if (!same) return {};
  // OpenCLIP's default is GELU, so that its models seldom mention it.
  const bool quick = truth_member(model, "quick_gelu").value_or(false);
  return {quick ? Activation::kQuickGelu : Activation::kGelu, source};
}

// --- Files ---------------------------------------------------------------------------------------

/// The configurations in a folder, those of the checkpoint's own kind first.
std::vector<std::string> configurations(Naming naming) {
  std::vector<std::string> names(kConfigurationNames.begin(), kConfigurationNames.end());
  if (naming != Naming::kHuggingFace) std::rotate(names.begin(), names.begin() + 1, names.end());
  return names;
}

}  // namespace

StatedActivation activation_named(const std::string &name, const std::string &source) {
  std::string key;
  for (const char c : name)
    if (c != '_' && c != '-') key += g_ascii_tolower(c);
  if (key == "quickgelu") return {Activation::kQuickGelu, source};
  if (key == "gelu") return {Activation::kGelu, source};
  throw Error(ErrorKind::kModel,
              source + " names the activation " + printable(name) +
                  "; only gelu and quick_gelu work. Where it is one of these after all, set the "
                  "property activation");
}

StatedActivation configured_activation(const std::string &checkpoint, Naming naming,
                                       const NetworkSizes &sizes, std::string &problem) {
  const std::filesystem::path folder = std::filesystem::path(checkpoint).parent_path();
  for (const std::string &name : configurations(naming)) {
    const std::string path = (folder / name).string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    try {
      const JsonText json = read_configuration(path);
      const auto read = name == kConfigurationNames.front() ? of_hugging_face : of_open_clip;
      const StatedActivation stated = read(json.root(), name, sizes);
      if (stated.activation != Activation::kAuto) return stated;
    } catch (const JsonDamage &damage) {
      problem = name + " beside it cannot be read as JSON: " + damage.what();
    } catch (const Error &error) {
      if (error.kind() == ErrorKind::kModel) throw;
      problem = name + " beside it cannot be read: " + error.what();
    }
  }
  return {};
}

const char *activation_text(Activation activation) {
  return activation == Activation::kGelu ? "GELU" : "QuickGELU";
}

}  // namespace naclip
