#include "model/tools/naclip-eval/settings.h"

#include <algorithm>

#include "model/base/dilations.h"
#include "model/error.h"
#include "model/tools/naclip-eval/text.h"

namespace naclip::eval {

namespace {

template <class Choices, class Value>
std::string find_name(const Choices &choices, Value value) {
  for (const auto &choice : choices)
    if (choice.value == value) return choice.name;
  return "?";
}

template <class Choices>
auto find_value(const Choices &choices, const char *option, const std::string &name) {
  for (const auto &choice : choices)
    if (name == choice.name) return choice.value;
  throw Error(ErrorKind::kSettings,
              std::string(option) + " is \"" + name + "\" and must be " + names_of(choices));
}

}  // namespace

std::string name_of(Attention value) {
  return find_name(kAttentions, value);
}
std::string name_of(Architecture value) {
  return find_name(kArchitectures, value);
}
std::string name_of(Prompts value) {
  return find_name(kPrompts, value);
}
std::string name_of(Precision value) {
  return find_name(kPrecisions, value);
}
std::string name_of(Refine value) {
  return find_name(kRefinements, value);
}
std::string name_of(Activation value) {
  return find_name(kActivations, value);
}

Attention attention_named(const std::string &name) {
  return find_value(kAttentions, "--attention", name);
}
Architecture architecture_named(const std::string &name) {
  return find_value(kArchitectures, "--architecture", name);
}
Prompts prompts_named(const std::string &name) {
  return find_value(kPrompts, "--prompts", name);
}
Precision precision_named(const std::string &name) {
  return find_value(kPrecisions, "--precision", name);
}
Activation activation_named(const std::string &name) {
  return find_value(kActivations, "--activation", name);
}
Refine refine_named(const std::string &name) {
  return find_value(kRefinements, "--refine", name);
}

Refine effective_refine(const InferenceOptions &options) {
  const bool steps = options.pamr_steps() > 0;
  if (options.uses_tlp()) return steps ? Refine::kTlpPamr : Refine::kTlp;
  return steps ? Refine::kPamr : Refine::kNone;
}

Settings settings_of(const ModelOptions &model, const InferenceOptions &inference) {
  // What has no effect is no difference either.
  const bool windows = inference.window_size > 0, refined = inference.pamr_steps() > 0;
  const bool gaussian =
      model.attention == Attention::kNaclip || model.attention == Attention::kNonly;
  return {
      {"attention", name_of(model.attention)},
      {"architecture", name_of(model.architecture)},
      {"gaussian-std", gaussian ? number(model.gaussian_std) : "-"},
      {"pearl-alpha", model.attention == Attention::kPearl ? number(model.pearl_alpha) : "-"},
      {"prompts", name_of(model.prompts)},
      {"input-size", std::to_string(inference.input_size)},
      {"window-size", windows ? std::to_string(inference.window_size) : "0 (whole picture)"},
      {"window-stride", windows ? std::to_string(inference.window_stride) : "-"},
      {"refine", name_of(effective_refine(inference))},
      {"tlp-grid", inference.uses_tlp() ? std::to_string(inference.tlp_grid) : "-"},
      {"refine-steps", std::to_string(inference.pamr_steps())},
      {"refine-dilations", refined ? dilations_text(inference.refine_dilations) : "-"},
      {"logit-scale", number(inference.logit_scale)},
      {"threshold", number(inference.threshold)},
      {"area-threshold", number(inference.area_threshold)},
  };
}

std::vector<std::string> differences(const Settings &here, const Settings &there) {
  std::vector<std::string> found;
  for (const auto &pair : here) {
    const auto other = std::find_if(there.begin(), there.end(),
                                    [&](const auto &one) { return one.first == pair.first; });
    const char *name = pair.first.c_str(), *value = pair.second.c_str();
    if (other == there.end())
      found.push_back(printed("%s %s, which is not there", name, value));
    else if (other->second != pair.second)
      found.push_back(printed("%s %s instead of %s", name, value, other->second.c_str()));
  }
  return found;
}

}  // namespace naclip::eval
