// HTML's character references, such as &eacute; and &#233;.
#pragma once

#include <glib.h>

#include <string>
#include <string_view>

namespace naclip {

/// Replaces HTML's character references as Python's html.unescape does: HTML 5's names, those
/// without a semicolon by their longest prefix, and numbers, where 128 to 159 mean Windows-1252,
/// numbers that are no character become U+FFFD and control characters vanish. Takes valid UTF-8.
std::string unescape_html(std::string_view text);

/// Replaces only the references that cannot be anything else, as ftfy's unescape_html does: of at
/// most 24 letters and digits before their semicolon, and besides HTML's names their forms in
/// capitals (&EACUTE;). A semicolon's number stays. Ampersands that were escaped several times
/// (&amp;amp;amp;) become one at once: a level a pass, long texts would take minutes. Takes valid
/// UTF-8.
std::string unescape_sure_html(std::string_view text);

/// The character that Windows-1252 has at 0x80 to 0x9F, where Unicode has control characters; `c`
/// itself elsewhere and where Windows-1252 has none.
gunichar windows_1252(gunichar c);

}  // namespace naclip
