// InferenceOptions::refine_dilations as text.
#pragma once

#include <string>
#include <vector>

namespace naclip {

/// "8,16". White space around numbers is ignored. `option` is what the user calls it: it is named in
/// the Error{kSettings} that is thrown where the text is no list of 1 to 4096.
std::vector<int> parse_dilations(const std::string &text, const std::string &option);

/// The other way round.
std::string dilations_text(const std::vector<int> &dilations);

}  // namespace naclip
