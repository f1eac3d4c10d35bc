#include "status.h"

#include <memory>

namespace naclip::live {
namespace {

constexpr std::size_t kMostClasses = 5;
constexpr double kLeastShare = 0.005;  // what rounds to no per cent is not shown

struct Free {
  void operator()(char *text) const noexcept { g_free(text); }
};

std::string format(const char *pattern, double value) {
  const std::unique_ptr<char, Free> text(g_strdup_printf(pattern, value));
  return text.get();
}

std::string milliseconds(double nanoseconds) {
  const double value = nanoseconds / GST_MSECOND;
  return format(value < 10 ? "%.1f ms" : "%.0f ms", value);
}

gboolean add_figure(GQuark field, const GValue *value, gpointer text) {
  auto &lines = *static_cast<std::string *>(text);
  const std::string name = g_quark_to_string(field);
  g_autofree char *written = gst_value_serialize(value);
  std::string figure = written ? written : "";
  if (name.find("latency") != std::string::npos && G_VALUE_HOLDS_UINT64(value))
    figure = milliseconds(static_cast<double>(g_value_get_uint64(value)));
  lines += "\n  " + name + ": " + figure;
  return TRUE;
}

}  // namespace

std::string status_line(const Progress &progress, double frames_per_second) {
  std::string line = format("%.1f fps", frames_per_second);
  // The last figures would look as if they were of now.
  if (frames_per_second == 0) return line + " | waiting for a picture";
  if (progress.inferred > 0)
    line += " | inference " + milliseconds(static_cast<double>(progress.inference));
  if (progress.age) line += " | mask age " + milliseconds(static_cast<double>(*progress.age));
  if (progress.latency)
    line += " | latency " + milliseconds(static_cast<double>(*progress.latency));
  std::size_t shown = 0;
  for (const auto &[label, share] : progress.shares) {
    if (share < kLeastShare || shown == kMostClasses) break;
    line += (shown++ == 0 ? " | " : ", ") + label + format(" %.0f %%", 100 * share);
  }
  return line;
}

std::string stats_text(const GstStructure &stats) {
  std::string text = gst_structure_get_name(&stats);
  gst_structure_foreach(&stats, add_figure, &text);
  return text;
}

}  // namespace naclip::live
