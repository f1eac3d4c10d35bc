#include "model/tools/naclip-eval/text.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>

namespace naclip::eval {

std::string printed(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  g_autofree gchar *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return text;
}

std::string number(double value) {
  // Six digits do for what people write; all seventeen for what they do not.
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(text, sizeof text, "%g", value);
  if (g_ascii_strtod(text, nullptr) != value) g_ascii_dtostr(text, sizeof text, value);
  return text;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3)
    text.insert(static_cast<std::size_t>(place), ",");
  return text;
}

std::string counted(std::uint64_t count, const std::string &singular, const std::string &plural) {
  return grouped(count) + " " + (count == 1 ? singular : plural);
}

std::string joined(const std::vector<std::string> &parts, std::string_view separator) {
  std::string text;
  for (const std::string &part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string named(const std::vector<std::string> &names, std::size_t limit) {
  if (names.size() <= limit) return joined(names, ", ");
  return joined({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(limit)}, ", ") +
         " and " + grouped(names.size() - limit) + " more";
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    g_autofree gchar *part = g_strndup(text.data() + begin, end - begin);
    parts.emplace_back(g_strstrip(part));
    begin = end + 1;
  }
  return parts;
}

std::string sha256(std::string_view data) {
  g_autofree gchar *sum = g_compute_checksum_for_data(
      G_CHECKSUM_SHA256, reinterpret_cast<const guchar *>(data.data()), data.size());
  return sum;
}

}  // namespace naclip::eval
