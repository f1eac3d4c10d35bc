// What CLIP does to a text before it is cut into tokens.
#pragma once

#include <string>
#include <string_view>

namespace naclip {

/// The text cleaning of CLIP's tokenizer (openai/CLIP, clip/simple_tokenizer.py): ftfy's repair
/// without its guess at wrongly decoded text (text_fixes.h), HTML entities unescaped twice, white
/// space folded to single spaces and dropped at both ends, lower case. Takes and returns UTF-8; the
/// outcome does not depend on the locale. Throws Error{kVocabulary} naming the byte where text is
/// not UTF-8 or holds a NUL.
std::string clean_text(std::string_view text);

}  // namespace naclip
