#include "model/base/dilations.h"

#include <glib.h>

#include <memory>

#include "model/base/quote.h"
#include "model/error.h"

namespace naclip {

std::vector<int> parse_dilations(const std::string &text, const std::string &option) {
  std::vector<int> dilations;
  const std::unique_ptr<gchar *, decltype(&g_strfreev)> parts(g_strsplit(text.c_str(), ",", -1),
                                                              g_strfreev);
  for (gchar **part = parts.get(); *part != nullptr; ++part) {
    guint64 value = 0;
    if (!g_ascii_string_to_unsigned(g_strstrip(*part), 10, 1, 4096, &value, nullptr))
      throw Error(
          ErrorKind::kSettings,
          option + "=" + quote(text) + " is no list of pixels from 1 to 4096: write e.g. 8,16");
    dilations.push_back(static_cast<int>(value));
  }
  return dilations;
}

std::string dilations_text(const std::vector<int> &dilations) {
  std::string text;
  for (const int dilation : dilations) text += (text.empty() ? "" : ",") + std::to_string(dilation);
  return text;
}

}  // namespace naclip
