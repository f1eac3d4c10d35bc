// The picture as a sequence of JPEG files, for browsers without WebRTC.
#pragma once

#include <glib.h>
#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "examples/live/web/encoder.h"

namespace naclip::live::web {

/// A response that does not end, a part a frame (multipart/x-mixed-replace). Frames are encoded
/// once for all viewers and only while there are any; one that is slow misses frames.
class Mjpeg {
 public:
  /// `failed` is told what is wrong with the encoder, from the main thread.
  explicit Mjpeg(std::function<void(const std::string &)> failed);
  ~Mjpeg();
  Mjpeg(const Mjpeg &) = delete;
  Mjpeg &operator=(const Mjpeg &) = delete;

  /// Makes a request's sender a viewer. Throws std::runtime_error where that cannot be.
  void add(SoupServerMessage *message);
  std::size_t count() const { return viewers_.size(); }

  /// From any thread; does not wait.
  void push(GstSample *frame) { encoder_.push(frame); }

 private:
  struct Viewer {
    std::shared_ptr<SoupServerMessage> message;
    bool busy = false;  ///< the frame before is still on its way
    gulong written = 0, finished = 0;
  };
  static void forget(const Viewer &viewer);
  static void on_written(SoupServerMessage *message, gpointer self);
  static void on_finished(SoupServerMessage *message, gpointer self);
  void show(GBytes *jpeg);

  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::vector<Viewer> viewers_;
  Encoder encoder_;
};

}  // namespace naclip::live::web
