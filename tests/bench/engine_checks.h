// Whether the engine's answers are right, before anybody times them.
#pragma once

#include <string>

namespace naclip::bench {

/// Compares the engine with the golden tensors, and its fused forms with the plain tensor
/// operations at the sizes that are timed. -> "" where all is right, else what is not.
std::string first_wrong_answer();

}  // namespace naclip::bench
