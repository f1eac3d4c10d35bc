#include "model/text/text_cleaning.h"

#include <glib.h>

#include "model/base/white_space.h"
#include "model/error.h"
#include "model/text/characters.h"
#include "model/text/html_entities.h"
#include "model/text/lower_case.h"
#include "model/text/text_fixes.h"

namespace naclip {
namespace {

void check_utf8(std::string_view text) {
  const char *end = nullptr;
  if (text.empty() || g_utf8_validate_len(text.data(), text.size(), &end)) return;
  throw Error(ErrorKind::kVocabulary, "The text is not valid UTF-8 at byte " +
                                          std::to_string(end - text.data()) +
                                          "; give it as UTF-8.");
}

std::string fold_white_space(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool pending = false;
  for_each_character(text, [&](gunichar c) {
    if (is_space(c)) {
      pending = true;
      return;
    }
    if (pending && !folded.empty()) folded += ' ';
    pending = false;
    append(folded, c);
  });
  return folded;
}

}  // namespace

std::string clean_text(std::string_view text) {
  check_utf8(text);
  return lower(fold_white_space(unescape_html(unescape_html(fix_text(text)))));
}

}  // namespace naclip
