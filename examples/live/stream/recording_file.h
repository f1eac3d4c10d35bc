// One file of a recording, from its first frame to its index.
#pragma once

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>

#include "tracks.h"

namespace naclip::live {

/// Writes NAME.part and renames it to NAME once it is finished. Belongs to the main thread, but for
/// push().
class RecordingFile {
 public:
  /// `over` is called once from the default main context, when the file is finished, or was given up
  /// with what came to it until then; the text tells the user. Throws std::runtime_error where the
  /// file cannot be opened.
  RecordingFile(const std::string &path, bool annotations,
                std::function<void(const std::string &text)> over);
  /// A file that is not finished yet keeps its .part.
  ~RecordingFile();
  RecordingFile(const RecordingFile &) = delete;
  RecordingFile &operator=(const RecordingFile &) = delete;

  const std::string &path() const { return path_; }

  /// Takes an encoded frame whose time counts from the file's begin. Never waits: where the disk is
  /// slower than the stream by kMostWaiting bytes, the file is given up. From any thread, in turn.
  void push(Track track, GstSample *sample);

  /// No more comes.
  void end();
  /// Has the file finished when it returns, for which it waits so long; `over` is called by it.
  void finish(GstClockTime patience);

 private:
  static gboolean take_message(GstBus *bus, GstMessage *message, gpointer self);
  void handle(GstMessage *message);
  void close(const std::string &failure);

  const std::string path_;
  std::function<void(const std::string &)> over_;
  GstElement *pipeline_ = nullptr;
  std::array<GstElement *, kTracks> sources_{};  // appsrc
  guint watch_ = 0;
  std::atomic<bool> begun_{false}, too_slow_{false};
  bool closed_ = false;
};

}  // namespace naclip::live
