// The warnings that an element writes to the log.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

namespace naclip::testing {

/// Collects the warnings of one debug category for as long as it lives; those of one thread.
class LogWarnings {
 public:
  explicit LogWarnings(std::string category) : category_(std::move(category)) {
    gst_debug_set_threshold_for_name(category_.c_str(), GST_LEVEL_WARNING);
    gst_debug_add_log_function(keep, this, nullptr);
  }
  ~LogWarnings() { gst_debug_remove_log_function_by_data(this); }
  LogWarnings(const LogWarnings &) = delete;
  LogWarnings &operator=(const LogWarnings &) = delete;

  const std::vector<std::string> &texts() const { return texts_; }

 private:
  static void keep(GstDebugCategory *category, GstDebugLevel level, const gchar *, const gchar *,
                   gint, GObject *, GstDebugMessage *message, gpointer data) {
    auto *self = static_cast<LogWarnings *>(data);
    if (level == GST_LEVEL_WARNING && gst_debug_category_get_name(category) == self->category_)
      self->texts_.emplace_back(gst_debug_message_get(message));
  }

  std::string category_;
  std::vector<std::string> texts_;
};

}  // namespace naclip::testing
