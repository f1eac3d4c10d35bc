// Frames encoded once for all who watch.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <mutex>
#include <string>

namespace naclip::live::web {

/// Runs while somebody watches. Each frame that comes while another is being encoded replaces the
/// one that waits.
class Encoder {
 public:
  /// `elements`: what lies between raw video and what is taken, as gst-launch-1.0 writes it.
  /// `taken` is called from a streaming thread, `failed` with the reason from the main one.
  Encoder(std::string elements, std::function<void(GstSample *)> taken,
          std::function<void(const std::string &)> failed);
  ~Encoder();
  Encoder(const Encoder &) = delete;
  Encoder &operator=(const Encoder &) = delete;

  /// Both from the main thread. Throws std::runtime_error where an element is missing.
  void start();
  void stop();

  /// From any thread; does not wait. Frames that come while it is stopped are dropped.
  void push(GstSample *frame);
  /// Makes the next frame a keyframe; often asked, not more than three times a second.
  void request_keyframe();
  /// Running times of what is taken count from here.
  GstClockTime base_time();

 private:
  static GstFlowReturn take(GstElement *sink, gpointer self);
  static gboolean take_message(GstBus *bus, GstMessage *message, gpointer self);
  GstElement *element(const char *name);

  const std::string elements_;
  const std::function<void(GstSample *)> taken_;
  const std::function<void(const std::string &)> failed_;
  guint watch_ = 0;
  std::mutex mutex_;  // guards the rest
  GstElement *pipeline_ = nullptr;
  gint64 last_request_ = 0;  // monotonic time, microseconds
};

}  // namespace naclip::live::web
