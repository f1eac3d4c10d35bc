// Encodes frames once for all recordings that are under way.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

#include "tracks.h"

namespace naclip::live {

/// A pipeline of its own, so that a fault of it is no fault of the stream. Belongs to the main
/// thread, but for push().
class RecordingEncoder {
 public:
  /// `take` is called with each encoded frame, from one thread a track; `failed` from the default
  /// main context. `live`: a frame for which there is no room replaces the one that waits longest.
  /// Throws std::runtime_error where elements are missing.
  RecordingEncoder(bool annotations, bool live, std::function<void(Track, GstSample *)> take,
                   std::function<void(const std::string &why)> failed);
  ~RecordingEncoder();
  RecordingEncoder(const RecordingEncoder &) = delete;
  RecordingEncoder &operator=(const RecordingEncoder &) = delete;

  /// A raw frame with its mask. Waits for room where the stream is not live.
  void push(GstSample *frame);

  /// Has one of the next pictures be a keyframe.
  void ask_keyframe();

  /// No frame comes after this. Returns when those in work have been taken, or after that time.
  void drain(GstClockTime patience);

  /// Frames that come after this are ignored, and one that waits for room is let go.
  void stop();

 private:
  static GstFlowReturn take_encoded(GstElement *sink, gpointer self);
  static gboolean take_message(GstBus *bus, GstMessage *message, gpointer self);

  std::function<void(Track, GstSample *)> take_;
  std::function<void(const std::string &)> failed_;
  GstElement *pipeline_ = nullptr;
  GstElement *frames_ = nullptr;  // appsrc
  guint watch_ = 0;
  bool begun_ = false;  // of the frames' thread
};

}  // namespace naclip::live
