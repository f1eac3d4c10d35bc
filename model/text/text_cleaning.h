// What CLIP does to a text before it is cut into tokens.
#pragma once

#include <string>
#include <string_view>

namespace naclip {

/// The text cleaning of CLIP's tokenizer (openai/CLIP, clip/simple_tokenizer.py): curly quotes made
/// straight, Unicode NFC, HTML entities unescaped twice, white space folded to single spaces and
/// dropped at both ends, lower case. Takes and returns UTF-8; the outcome does not depend on the
/// locale. Of ftfy.fix_text that is what well-formed text needs; it does not guess at wrongly
/// decoded text. Throws Error{kVocabulary} naming the byte where text is not UTF-8 or holds a NUL.
std::string clean_text(std::string_view text);

/// Replaces HTML's character references as Python's html.unescape does: HTML 5's names, those
/// without a semicolon by their longest prefix, and numbers, where 128 to 159 mean Windows-1252,
/// numbers that are no character become U+FFFD and control characters vanish. Takes valid UTF-8.
std::string unescape_html(std::string_view text);

}  // namespace naclip
