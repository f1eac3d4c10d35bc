#include "elements/segment/reports.h"

#include <memory>
#include <utility>

#include "elements/support/error_messages.h"
#include "elements/support/ptr.h"

namespace naclip {

namespace {

constexpr gint64 kBetween = G_USEC_PER_SEC / 4;

void log_line(GstElement *element, GstDebugCategory *category, LogLevel level, const Error &line) {
  if (level == LogLevel::kWarning)
    post_warning(element, line);
  else
    GST_CAT_LEVEL_LOG(category, level == LogLevel::kInfo ? GST_LEVEL_INFO : GST_LEVEL_DEBUG,
                      element, "%s", line.what());
}

}  // namespace

SegmentReports reports_of(GstElement *element, GstDebugCategory *category) {
  const std::shared_ptr<GWeakRef> weak(new GWeakRef, [](GWeakRef *reference) {
    g_weak_ref_clear(reference);
    delete reference;
  });
  g_weak_ref_init(weak.get(), element);
  const auto with_element = [weak](const auto &use) {
    const Ptr<GstElement> found(static_cast<GstElement *>(g_weak_ref_get(weak.get())));
    if (found) use(found.get());
  };
  SegmentReports reports;
  reports.log = [=](LogLevel level, const Error &line) {
    with_element([&](GstElement *found) { log_line(found, category, level, line); });
  };
  reports.warn = [=](const Error &error) {
    with_element([&](GstElement *found) { post_warning(found, error); });
  };
  reports.fail = [=] { with_element(post_current_exception); };
  reports.progress = [=](GstProgressType type, const char *code, const std::string &text) {
    with_element([&](GstElement *found) {
      gst_element_post_message(
          found, gst_message_new_progress(GST_OBJECT_CAST(found), type, code, text.c_str()));
    });
  };
  return reports;
}

void SegmentProgress::begin(const char *code, const std::string &text) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    code_ = code;
    posted_ = g_get_monotonic_time();
  }
  reports_.progress(GST_PROGRESS_TYPE_START, code, text);
}

void SegmentProgress::go_on(const std::string &text) {
  const char *code = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const gint64 now = g_get_monotonic_time();
    if (code_ == nullptr || now - posted_ < kBetween) return;
    code = code_;
    posted_ = now;
  }
  reports_.progress(GST_PROGRESS_TYPE_CONTINUE, code, text);
}

void SegmentProgress::end(GstProgressType type, const std::string &text) {
  const char *code = nullptr;
  {
    const std::lock_guard lock(mutex_);
    code = std::exchange(code_, nullptr);
  }
  if (code != nullptr) reports_.progress(type, code, text);
}

void SegmentProgress::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  end(GST_PROGRESS_TYPE_CANCELED, "stopped");
}

}  // namespace naclip
