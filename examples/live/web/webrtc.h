// The picture by WebRTC: WHEP without a trickle of candidates and without servers of others.
// https://datatracker.ietf.org/doc/draft-ietf-wish-whep/
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "examples/live/web/encoder.h"

namespace naclip::live::web {

/// Viewers of one VP8 stream, which is encoded once and only while somebody watches. One that is
/// slow begins again at a keyframe, one that is gone is removed; neither holds up anybody.
class WebRtc {
 public:
  /// Where `loopback`, viewers are looked for on this machine alone. `failed` is told what is wrong
  /// with the encoder, from the main thread.
  WebRtc(bool loopback, std::function<void(const std::string &)> failed);
  ~WebRtc();
  WebRtc(const WebRtc &) = delete;
  WebRtc &operator=(const WebRtc &) = delete;

  /// What becomes of an offer: a viewer's name and the answer (SDP), or why there is none.
  struct Answer {
    guint status = 0;  ///< of HTTP: 201 where it went well
    std::string id;
    std::string text;
  };
  /// `answered` is called from the main thread, once.
  void offer(const std::string &sdp, std::function<void(const Answer &)> answered);
  /// False where there is no such viewer.
  bool remove(const std::string &id);

  std::size_t count() const;

  /// From any thread; does not wait.
  void push(GstSample *frame);

 private:
  struct Viewer;
  static void on_notify(Viewer &viewer, const char *signal, std::function<void()> work);
  void encoded(GstSample *sample);
  void negotiate(Viewer &viewer, const void *offer);
  void watch(Viewer &viewer);
  void refuse(Viewer &viewer, const std::string &why);
  static gboolean look_after(gpointer self);

  const bool loopback_;
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, std::shared_ptr<Viewer>> viewers_;
  guint timer_ = 0;
  Encoder encoder_;  // ends first: its thread knows the rest
};

}  // namespace naclip::live::web
