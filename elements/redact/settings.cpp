#include "elements/redact/settings.h"

#include "model/base/colour_text.h"
#include "model/error.h"

namespace naclip {

void require_valid(const RedactSettings &settings) {
  if (!colour_from_text(settings.colour))
    throw Error(ErrorKind::kSettings, "The colour " + settings.colour +
                                          " is not # and six hexadecimal digits, such as #ff8000.");
}

RedactStyle style_of(const RedactSettings &settings) {
  return {settings.mode, colour_from_text(settings.colour).value_or(0), settings.strength};
}

int pixels_to_dilate(const RedactSettings &settings, int frame_height) {
  return static_cast<int>((std::int64_t{settings.dilate} * frame_height + 719) / 720);
}

}  // namespace naclip
