// The page: the live picture and its words in a browser, and the interface under it.
#pragma once

#include <gst/gst.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "examples/live/stream/frame_rate.h"
#include "examples/live/stream/output.h"
#include "examples/live/web/history.h"
#include "examples/live/web/http_server.h"
#include "examples/live/web/messages.h"
#include "examples/live/web/mjpeg.h"
#include "examples/live/web/properties_json.h"
#include "examples/live/web/statistics.h"
#include "examples/live/web/webrtc.h"

namespace naclip::live::web {

/// Serves it; docs/page.md describes the interface, openapi.json in full. Everything is done by the
/// default main context but push() and publish().
class Page {
 public:
  /// Throws std::runtime_error where it cannot be served.
  Page(const WebChoice &choice, Output &output);
  ~Page();
  Page(const Page &) = delete;
  Page &operator=(const Page &) = delete;

  std::string address() const { return server_.address(); }

  /// The model is loaded.
  void set_ready() { ready_ = true; }
  /// A frame with what was drawn onto it. From any thread; does not wait.
  void push(GstSample *frame);
  /// A frame's messages, as naclipjson writes them. From any thread; does not wait.
  void publish(GstSample *messages);
  /// What the pipeline's bus says.
  void message(GstMessage *message);

 private:
  using Handler = void (Page::*)(const Request &);
  struct Route {
    const char *method;
    Handler handler;
  };
  static const std::multimap<std::string, Route> &routes();
  static gboolean on_second(gpointer self);

  void asked(const Request &request);
  void joined(SoupWebsocketConnection *connection);
  void serve_file(const Request &request);
  void set_cookie(const Request &request, bool forget);

  void get_session(const Request &request);
  void post_session(const Request &request);
  void delete_session(const Request &request);
  void get_vocabulary(const Request &request);
  void put_vocabulary(const Request &request);
  void get_properties(const Request &request);
  void put_properties(const Request &request);
  void get_stats(const Request &request);
  void get_history(const Request &request);
  void get_recording(const Request &request);
  void post_recording(const Request &request);
  void get_snapshot(const Request &request);
  void get_metrics(const Request &request);
  void get_ready(const Request &request);
  void get_health(const Request &request);
  void get_mjpeg(const Request &request);
  void post_whep(const Request &request);
  void delete_whep(const Request &request);

  Statistics statistics();
  void add_words(JsonBuilder *json);
  void add_recording(JsonBuilder *json);
  /// Messages of the page's own schema: words, properties, recording.
  std::array<std::string, 3> state_messages();
  void warn(const std::string &text);
  void tell_if_changed();

  Output &output_;
  const Elements elements_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  gint64 started_ = g_get_monotonic_time();
  bool ready_ = false;
  bool pending_ = false;             // words are being encoded
  std::string in_use_;               // the naclip/1 message of the vocabulary that masks have
  std::array<std::string, 3> told_;  // of state_messages(), what listeners were told last
  FrameRate rate_;
  double fps_ = 0;
  History history_;
  std::mutex mutex_;  // guards the next
  GstSample *last_frame_ = nullptr;
  Messages messages_;
  WebRtc webrtc_;
  Mjpeg mjpeg_;
  HttpServer server_;  // ends first
  guint timer_ = 0;
};

}  // namespace naclip::live::web
