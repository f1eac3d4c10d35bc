// Frames for viewers by RTSP.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <string>

#include "choices.h"

namespace naclip::live {

/// A server of one stream. It is encoded once, however many watch, and only while somebody does.
/// Each viewer begins with the newest frame; a slow one misses frames and holds up nobody.
class RtspOutput {
 public:
  /// Listens, in the default main context. Throws std::runtime_error where the port is taken or
  /// the certificate cannot be used.
  explicit RtspOutput(const ServeChoice &choice);
  ~RtspOutput();
  RtspOutput(const RtspOutput &) = delete;
  RtspOutput &operator=(const RtspOutput &) = delete;

  std::string address() const;
  /// From any thread; does not wait.
  void push(GstSample *frame);

 private:
  /// What the server's threads share with ours; they may keep it for longer.
  struct Viewed {
    std::mutex mutex;              // guards the next
    GstElement *frames = nullptr;  // appsrc of the media, while somebody watches
  };
  static void configure(gpointer factory, gpointer media, gpointer viewed);
  static void unprepared(gpointer media, gpointer viewed);

  std::string scheme_;
  std::string host_;
  std::string path_;
  void *server_ = nullptr;  // GstRTSPServer
  guint attached_ = 0;
  std::shared_ptr<Viewed> viewed_ = std::make_shared<Viewed>();
};

}  // namespace naclip::live
