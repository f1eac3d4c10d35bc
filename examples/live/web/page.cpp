#include "page.h"

#include <gio/gio.h>
#include <gst/video/video.h>

#include <sstream>
#include <utility>

#include "examples/live/stream/packet_ring.h"
#include "examples/live/stream/words.h"
#include "examples/live/web/main_thread.h"
#include "examples/live/web/vocabulary_json.h"

namespace naclip::live::web {
namespace {

constexpr const char *kFolder = "/naclip/page";  // of the resources
constexpr const char *kOwnSchema = "naclip-live/1";
constexpr GstClockTime kSnapshotPatience = 10 * GST_SECOND;

bool is_in(const std::string &text, const char *what) {
  return text.find(what) != std::string::npos;
}

/// A message of the page's own schema.
std::string own_message(const char *type, const std::function<void(JsonBuilder *)> &members) {
  return json_text([&](JsonBuilder *json) {
    member(json, "schema", kOwnSchema);
    member(json, "type", type);
    members(json);
  });
}

/// Says what a path takes, to one who asked otherwise.
void refuse_method(const Request &request, const std::string &allowed) {
  soup_message_headers_replace(soup_server_message_get_response_headers(request.message), "Allow",
                               allowed.c_str());
  reply_error(request.message, SOUP_STATUS_METHOD_NOT_ALLOWED, request.path + " takes " + allowed);
}

/// Writes a list of texts of an earlier message again.
void copy_member(JsonBuilder *json, JsonNode *object, const char *name) {
  json_builder_set_member_name(json, name);
  JsonNode *node = object ? find(object, name) : nullptr;
  if (node) {
    json_builder_add_value(json, json_node_copy(node));
  } else {
    json_builder_begin_array(json);
    json_builder_end_array(json);
  }
}

const char *type_of_file(const std::string &path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  if (path.ends_with(".json")) return "application/json";
  return "application/octet-stream";
}

}  // namespace

Page::Page(const WebChoice &choice, Output &output)
    : output_(output),
      elements_{{"naclipsegment", output.segment()}, {"naclipoverlay", output.overlay()}},
      webrtc_(choice.is_loopback(), [this](const std::string &text) { warn(text); }),
      mjpeg_([this](const std::string &text) { warn(text); }),
      server_(choice, {[this](const Request &request) { asked(request); },
                       [this](SoupWebsocketConnection *one) { joined(one); }}) {
  timer_ = g_timeout_add_seconds(1, on_second, this);
}

Page::~Page() {
  g_source_remove(timer_);
  if (last_frame_) gst_sample_unref(last_frame_);
}

void Page::push(GstSample *frame) {
  {
    const std::lock_guard lock(mutex_);
    if (last_frame_) gst_sample_unref(last_frame_);
    last_frame_ = gst_sample_ref(frame);
  }
  webrtc_.push(frame);
  mjpeg_.push(frame);
}

void Page::publish(GstSample *sample) {
  on_main_thread(alive_, [this, lines = live::text_of(gst_sample_get_buffer(sample))] {
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);) {
      if (is_in(line, "\"type\":\"vocabulary\"")) {
        in_use_ = line;
        messages_.send(line);
        tell_if_changed();
      } else if (is_in(line, "\"type\":\"frame\"")) {
        messages_.send_frame(line);
      } else {
        messages_.send(line);
      }
    }
  });
}

void Page::message(GstMessage *message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_WARNING:
    case GST_MESSAGE_ERROR:
      warn(message_text(message));
      break;
    case GST_MESSAGE_PROGRESS: {
      GstProgressType type = GST_PROGRESS_TYPE_ERROR;
      g_autofree char *code = nullptr;
      gst_message_parse_progress(message, &type, &code, nullptr);
      pending_ = type == GST_PROGRESS_TYPE_START || type == GST_PROGRESS_TYPE_CONTINUE;
      tell_if_changed();
      break;
    }
    default:
      break;
  }
}

void Page::warn(const std::string &text) {
  messages_.send(own_message("warning", [&](JsonBuilder *json) { member(json, "text", text); }));
}

gboolean Page::on_second(gpointer self) {
  auto *page = static_cast<Page *>(self);
  const Progress progress = page->output_.progress();
  page->fps_ = page->rate_.update(progress.frames);
  if (progress.frames > 0) page->history_.add(g_get_real_time() / 1000, progress.shares);
  if (page->messages_.count() > 0) page->messages_.send(status_json(page->statistics()));
  page->tell_if_changed();
  return G_SOURCE_CONTINUE;
}

Statistics Page::statistics() {
  return {output_.progress(), fps_,
          webrtc_.count(),    mjpeg_.count(),
          messages_.count(),  (g_get_monotonic_time() - started_) * 1000};
}

void Page::add_words(JsonBuilder *json) {
  add_vocabulary(json, vocabulary_text(output_.segment()));
  const JsonPtr in_use = in_use_.empty() ? nullptr : parse_object(in_use_);
  copy_member(json, in_use.get(), "labels");
  copy_member(json, in_use.get(), "colours");
  member(json, "pending", pending_);
}

void Page::add_recording(JsonBuilder *json) {
  const RecordingState state = output_.recording();
  member(json, "recording", state.recording);
  json_builder_set_member_name(json, "file");
  if (state.file.empty())
    json_builder_add_null_value(json);
  else
    json_builder_add_string_value(json, state.file.c_str());
  member(json, "seconds", state.seconds);
}

std::array<std::string, 3> Page::state_messages() {
  return {own_message("words", [this](JsonBuilder *json) { add_words(json); }),
          own_message("properties", [this](JsonBuilder *json) { add_properties(json, elements_); }),
          own_message("recording", [this](JsonBuilder *json) { add_recording(json); })};
}

void Page::tell_if_changed() {
  if (messages_.count() == 0) return;
  auto now = state_messages();
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (told_[i] != now[i]) messages_.send(now[i]);
  }
  told_ = std::move(now);
}

void Page::joined(SoupWebsocketConnection *connection) {
  std::vector<std::string> first;
  if (!in_use_.empty()) first.push_back(in_use_);
  for (std::string &message : state_messages()) first.push_back(std::move(message));
  first.push_back(status_json(statistics()));
  messages_.add(connection, first);
}

const std::multimap<std::string, Page::Route> &Page::routes() {
  static const std::multimap<std::string, Route> routes{
      {"/api/v1/session", {"GET", &Page::get_session}},
      {"/api/v1/session", {"POST", &Page::post_session}},
      {"/api/v1/session", {"DELETE", &Page::delete_session}},
      {"/api/v1/vocabulary", {"GET", &Page::get_vocabulary}},
      {"/api/v1/vocabulary", {"PUT", &Page::put_vocabulary}},
      {"/api/v1/properties", {"GET", &Page::get_properties}},
      {"/api/v1/properties", {"PUT", &Page::put_properties}},
      {"/api/v1/stats", {"GET", &Page::get_stats}},
      {"/api/v1/history", {"GET", &Page::get_history}},
      {"/api/v1/recording", {"GET", &Page::get_recording}},
      {"/api/v1/recording", {"POST", &Page::post_recording}},
      {"/api/v1/snapshot", {"GET", &Page::get_snapshot}},
      {"/metrics", {"GET", &Page::get_metrics}},
      {"/ready", {"GET", &Page::get_ready}},
      {"/healthz", {"GET", &Page::get_health}},
      {"/mjpeg", {"GET", &Page::get_mjpeg}},
      {"/whep", {"POST", &Page::post_whep}},
      {"/whep/", {"DELETE", &Page::delete_whep}},
  };
  return routes;
}

void Page::asked(const Request &request) {
  const std::string path = request.path.starts_with("/whep/") ? "/whep/" : request.path;
  const auto [begin, end] = routes().equal_range(path);
  if (begin == end) return serve_file(request);
  std::string allowed;
  for (auto route = begin; route != end; ++route) {
    const auto &[method, handler] = route->second;
    allowed += (allowed.empty() ? "" : ", ") + std::string(method);
    if (!request.has_method(method)) continue;
    try {
      (this->*handler)(request);
    } catch (const BadRequest &error) {
      reply_error(request.message, SOUP_STATUS_UNPROCESSABLE_ENTITY, error.what());
    }
    return;
  }
  refuse_method(request, allowed);
}

void Page::serve_file(const Request &request) {
  const std::string path = request.path == "/"                      ? "/index.html"
                           : request.path == "/api/v1/openapi.json" ? "/openapi.json"
                                                                    : request.path;
  g_autoptr(GBytes) file =
      g_resources_lookup_data((kFolder + path).c_str(), G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr);
  if (!file)
    return reply_error(request.message, SOUP_STATUS_NOT_FOUND, "there is no " + request.path);
  if (!request.has_method("GET") && !request.has_method("HEAD"))
    return refuse_method(request, "GET");
  gsize size = 0;
  const auto *data = static_cast<const char *>(g_bytes_get_data(file, &size));
  reply(request.message, SOUP_STATUS_OK, type_of_file(path), {data, size});
}

void Page::get_session(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK, json_text([&](JsonBuilder *json) {
               member(json, "required", server_.access().wants_token());
               member(json, "authenticated", server_.access().is_known(request.message));
             }));
}

void Page::post_session(const Request &request) {
  const JsonPtr body = request.json();
  const std::string token = text_of(body.get(), "token");
  if (server_.access().wants_token() && !server_.access().is_token(token))
    return reply_error(request.message, SOUP_STATUS_UNAUTHORIZED, "this is not the token");
  set_cookie(request, false);
}

void Page::delete_session(const Request &request) {
  set_cookie(request, true);
}

void Page::set_cookie(const Request &request, bool forget) {
  soup_message_headers_replace(soup_server_message_get_response_headers(request.message),
                               "Set-Cookie",
                               server_.access().cookie(server_.encrypted(), forget).c_str());
  soup_server_message_set_status(request.message, SOUP_STATUS_NO_CONTENT, nullptr);
}

void Page::get_vocabulary(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK,
             json_text([this](JsonBuilder *json) { add_words(json); }));
}

void Page::put_vocabulary(const Request &request) {
  const JsonPtr body = request.json();
  const std::string text = requested_vocabulary(body.get());
  g_object_set(output_.segment(), "vocabulary", text.c_str(), nullptr);
  if (vocabulary_text(output_.segment()) != text)
    throw BadRequest("naclipsegment refused these words; the old ones stay");
  get_vocabulary(request);
  tell_if_changed();
}

void Page::get_properties(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK,
             json_text([this](JsonBuilder *json) { add_properties(json, elements_); }));
}

void Page::put_properties(const Request &request) {
  const JsonPtr body = request.json();
  set_properties(body.get(), elements_);
  get_properties(request);
  tell_if_changed();
}

void Page::get_stats(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK, status_json(statistics()));
}

void Page::get_history(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK,
             json_text([&](JsonBuilder *json) { history_.write(json); }));
}

void Page::get_recording(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK,
             json_text([this](JsonBuilder *json) { add_recording(json); }));
}

void Page::post_recording(const Request &request) {
  const JsonPtr body = request.json();
  const bool wanted = truth_of(body.get(), "recording");
  try {
    if (!wanted)
      output_.stop_recording();
    else if (!output_.recording().recording)
      output_.start_recording();
  } catch (const std::runtime_error &error) {
    reply_error(request.message, SOUP_STATUS_CONFLICT, error.what());
    return;
  }
  get_recording(request);
}

void Page::get_snapshot(const Request &request) {
  g_autoptr(GstSample) frame = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (last_frame_) frame = gst_sample_ref(last_frame_);
  }
  if (!frame)
    return reply_error(request.message, SOUP_STATUS_SERVICE_UNAVAILABLE, "there is no picture yet");
  struct Waiting {
    std::weak_ptr<int> page;
    SoupServerMessage *message;
  };
  soup_server_message_pause(request.message);
  g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("image/png");
  gst_video_convert_sample_async(
      frame, caps, kSnapshotPatience,
      [](GstSample *png, GError *error, gpointer data) {
        const std::unique_ptr<Waiting> waiting(static_cast<Waiting *>(data));
        if (waiting->page.lock()) {
          if (png) {
            GstMapInfo map;
            gst_buffer_map(gst_sample_get_buffer(png), &map, GST_MAP_READ);
            reply(waiting->message, SOUP_STATUS_OK, "image/png",
                  {reinterpret_cast<const char *>(map.data), map.size});
            gst_buffer_unmap(gst_sample_get_buffer(png), &map);
          } else {
            reply_error(waiting->message, SOUP_STATUS_INTERNAL_SERVER_ERROR,
                        error ? error->message : "no picture could be made");
          }
          soup_server_message_unpause(waiting->message);
        }
        if (png) gst_sample_unref(png);
        g_object_unref(waiting->message);
      },
      new Waiting{alive_, SOUP_SERVER_MESSAGE(g_object_ref(request.message))}, nullptr);
}

void Page::get_metrics(const Request &request) {
  reply(request.message, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8",
        metrics_text(statistics()));
}

void Page::get_ready(const Request &request) {
  const bool ready = ready_ && output_.progress().frames > 0;
  reply_json(request.message, ready ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
             json_text([&](JsonBuilder *json) { member(json, "ready", ready); }));
}

void Page::get_health(const Request &request) {
  reply_json(request.message, SOUP_STATUS_OK,
             json_text([&](JsonBuilder *json) { member(json, "alive", true); }));
}

void Page::get_mjpeg(const Request &request) {
  try {
    mjpeg_.add(request.message);
  } catch (const std::runtime_error &error) {
    reply_error(request.message, SOUP_STATUS_SERVICE_UNAVAILABLE, error.what());
  }
}

void Page::post_whep(const Request &request) {
  if (request.content_type() != "application/sdp") {
    return reply_error(request.message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
                       "an offer is of the type application/sdp");
  }
  soup_server_message_pause(request.message);
  const std::shared_ptr<SoupServerMessage> message(
      SOUP_SERVER_MESSAGE(g_object_ref(request.message)), g_object_unref);
  webrtc_.offer(request.body(), [message](const WebRtc::Answer &answer) {
    if (answer.status == SOUP_STATUS_CREATED) {
      soup_message_headers_replace(soup_server_message_get_response_headers(message.get()),
                                   "Location", ("/whep/" + answer.id).c_str());
      reply(message.get(), answer.status, "application/sdp", answer.text);
    } else {
      reply_error(message.get(), answer.status, answer.text);
    }
    soup_server_message_unpause(message.get());
  });
}

void Page::delete_whep(const Request &request) {
  const std::string id = request.path.substr(std::string("/whep/").size());
  if (!webrtc_.remove(id))
    return reply_error(request.message, SOUP_STATUS_NOT_FOUND, "there is no such viewer");
  soup_server_message_set_status(request.message, SOUP_STATUS_NO_CONTENT, nullptr);
}

}  // namespace naclip::live::web
