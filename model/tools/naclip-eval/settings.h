// The settings of a run in words: what is shown, compared and kept in files.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "model/options.h"

namespace naclip::eval {

/// Names and values, in the order in which they are shown.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// How a program's options spell a choice.
std::string name_of(Attention value);
std::string name_of(Architecture value);
std::string name_of(Prompts value);
std::string name_of(Precision value);
std::string name_of(Refine value);
std::string name_of(Activation value);

/// The reverse. Each throws Error{kSettings} naming the choices.
Attention attention_named(const std::string &name);
Architecture architecture_named(const std::string &name);
Prompts prompts_named(const std::string &name);
Precision precision_named(const std::string &name);
Refine refine_named(const std::string &name);
Activation activation_named(const std::string &name);

/// "naclip, nonly, kk, csa or vanilla"
template <class Enum, std::size_t kCount>
std::string names_of(const std::array<Choice<Enum>, kCount> &choices) {
  std::string text = choices[0].name;
  for (std::size_t i = 1; i < kCount; ++i)
    text += (i + 1 < kCount ? ", " : " or ") + std::string(choices[i].name);
  return text;
}

/// What scores do pass through: pamr without steps is none.
Refine effective_refine(const InferenceOptions &options);

/// All that decides the outcome but the model itself, device and precision.
Settings settings_of(const ModelOptions &model, const InferenceOptions &inference);

/// What differs, e.g. "threshold 0.2 instead of 0.1"; a name that `there` lacks does too.
std::vector<std::string> differences(const Settings &here, const Settings &there);

}  // namespace naclip::eval
