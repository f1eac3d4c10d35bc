// The sentences that a word is put into before it is encoded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/options.h"

namespace naclip {

/// The sentences for one word (UTF-8): kImageNet puts it into the 80 templates of CLIP's authors,
/// kShort into the 7 that they found to do best together (openai/CLIP,
/// Prompt_Engineering_for_ImageNet.ipynb), in their order; kNone leaves it bare.
std::vector<std::string> prompts_for(Prompts prompts, std::string_view word);

/// What stands before the word in each of them; empty for kNone.
std::vector<std::string> prompt_beginnings(Prompts prompts);

}  // namespace naclip
