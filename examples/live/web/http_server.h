// The server under the page: it listens, keeps out who may not ask, and sets what every answer has.
#pragma once

#include <libsoup/soup.h>

#include <functional>
#include <string>

#include "examples/live/stream/choices.h"
#include "examples/live/web/access.h"
#include "examples/live/web/json.h"

namespace naclip::live::web {

/// One request, whose sender may ask.
struct Request {
  SoupServerMessage *message;
  std::string path;

  bool has_method(const char *method) const;
  std::string body() const;
  /// The body, of the type application/json, which a page of another site cannot send without
  /// asking first. Throws BadRequest where it is not one JSON object.
  JsonPtr json() const;
  /// The media type of the body, without its parameters.
  std::string content_type() const;
};

/// Answers; `type` is a media type.
void reply(SoupServerMessage *message, guint status, const char *type, const std::string &text);
void reply_json(SoupServerMessage *message, guint status, const std::string &json);
/// {"error": text}
void reply_error(SoupServerMessage *message, guint status, const std::string &text);

class HttpServer {
 public:
  struct Handlers {
    std::function<void(const Request &)> asked;
    /// A connection of the path /api/v1/messages.
    std::function<void(SoupWebsocketConnection *)> joined;
  };
  /// Listens, in the default main context. Throws std::runtime_error where the port is taken or the
  /// certificate cannot be used.
  HttpServer(const WebChoice &choice, Handlers handlers);
  ~HttpServer();
  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;

  /// Where a browser on this machine finds it.
  std::string address() const;
  const Access &access() const { return access_; }
  bool encrypted() const { return encrypted_; }

 private:
  static void on_headers(SoupServer *server, SoupServerMessage *message, const char *path,
                         GHashTable *query, gpointer self);
  static void on_request(SoupServer *server, SoupServerMessage *message, const char *path,
                         GHashTable *query, gpointer self);
  static void on_websocket(SoupServer *server, SoupServerMessage *message, const char *path,
                           SoupWebsocketConnection *connection, gpointer self);

  const Access access_;
  const bool encrypted_;
  const std::string host_;
  Handlers handlers_;
  SoupServer *server_ = nullptr;
};

}  // namespace naclip::live::web
