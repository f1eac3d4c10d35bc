// Repair of text as the Python library ftfy does it.
#pragma once

#include <string>
#include <string_view>

namespace naclip {

/// As ftfy.fix_text with its defaults (observed of ftfy 6.3.1), without its guess at wrongly
/// decoded text ("mojibake"). In each line, as often as that changes it: HTML references are
/// replaced, but from the first line with a `<` on none; control characters of Latin-1 become what
/// Windows-1252 has there; Latin ligatures, full-width and half-width characters become plain ones,
/// curly quotes straight; terminal escapes and control characters vanish; then Unicode NFC. White
/// space stays as it is: ftfy's line breaks and spaces are others, but no less white. Takes and
/// returns valid UTF-8.
std::string fix_text(std::string_view text);

}  // namespace naclip
