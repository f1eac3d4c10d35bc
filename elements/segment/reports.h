// What a session has to say to the element's user.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <mutex>
#include <string>

#include "model/options.h"

namespace naclip {

/// To be called from any thread, also when the element is gone; never with a lock held, since a bus
/// handler may call back into the element.
struct SegmentReports {
  Log log;
  std::function<void(const Error &)> warn;
  /// Posts an error for the exception in flight.
  std::function<void()> fail;
  /// Posts a progress message.
  std::function<void(GstProgressType, const char *code, const std::string &text)> progress;
};

/// Reports that become messages of `element` and log lines of `category`. They hold only a weak
/// reference to the element.
SegmentReports reports_of(GstElement *element, GstDebugCategory *category);

/// Progress messages for one piece of work after the other: START, CONTINUE at most four times a
/// second, and exactly one end. Thread-safe.
class SegmentProgress {
 public:
  explicit SegmentProgress(SegmentReports reports) : reports_(std::move(reports)) {}

  /// `code` must live as long as the process.
  void begin(const char *code, const std::string &text);
  void go_on(const std::string &text);
  /// COMPLETE, CANCELED or ERROR of what began last; nothing where that has ended.
  void end(GstProgressType type, const std::string &text);
  /// Cancels what is going on; from now on nothing is posted.
  void close();

 private:
  SegmentReports reports_;
  std::mutex mutex_;            // guards the rest
  const char *code_ = nullptr;  // of what goes on; null: nothing does
  gint64 posted_ = 0;           // monotonic, microseconds
  bool closed_ = false;
};

}  // namespace naclip
