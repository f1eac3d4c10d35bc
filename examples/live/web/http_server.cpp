#include "http_server.h"

#include <gio/gio.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "examples/live/stream/certificate.h"

namespace naclip::live::web {
namespace {

constexpr goffset kLongestBody = 64 * 1024;
constexpr const char *kMessages = "/api/v1/messages";

/// Of every answer: nothing of another site in the page, the page in none of another site, and
/// nothing kept.
constexpr std::array<std::pair<const char *, const char *>, 7> kHeaders{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
     "media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
     "form-action 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
}};

/// What anybody may ask for who is not kept out for other reasons.
bool is_open(const std::string &path) {
  return path == "/api/v1/session" || (!path.starts_with("/api/") && path != "/metrics" &&
                                       path != "/mjpeg" && !path.starts_with("/whep"));
}

/// Why a body is not taken.
std::optional<Refusal> oversized(SoupServerMessage *message) {
  SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
  switch (soup_message_headers_get_encoding(headers)) {
    case SOUP_ENCODING_CONTENT_LENGTH:
      if (soup_message_headers_get_content_length(headers) <= kLongestBody) return std::nullopt;
      return Refusal{SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "a body has at most 64 KiB"};
    case SOUP_ENCODING_CHUNKED:
      return Refusal{SOUP_STATUS_LENGTH_REQUIRED, "a body needs a Content-Length"};
    default:
      return std::nullopt;
  }
}

}  // namespace

bool Request::has_method(const char *method) const {
  return g_strcmp0(soup_server_message_get_method(message), method) == 0;
}

std::string Request::body() const {
  SoupMessageBody *body = soup_server_message_get_request_body(message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
  gsize size = 0;
  const auto *data = static_cast<const char *>(g_bytes_get_data(bytes, &size));
  return data ? std::string(data, size) : "";
}

JsonPtr Request::json() const {
  if (content_type() != "application/json")
    throw BadRequest("the body's Content-Type has to be application/json");
  return parse_object(body());
}

std::string Request::content_type() const {
  const char *type = soup_message_headers_get_content_type(
      soup_server_message_get_request_headers(message), nullptr);
  return type ? type : "";
}

void reply(SoupServerMessage *message, guint status, const char *type, const std::string &text) {
  soup_server_message_set_status(message, status, nullptr);
  soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, text.data(), text.size());
}

void reply_json(SoupServerMessage *message, guint status, const std::string &json) {
  reply(message, status, "application/json", json);
}

void reply_error(SoupServerMessage *message, guint status, const std::string &text) {
  reply_json(message, status, json_text([&](JsonBuilder *json) { member(json, "error", text); }));
}

HttpServer::HttpServer(const WebChoice &choice, Handlers handlers)
    : access_(choice.token, choice.hosts),
      encrypted_(!choice.certificate.certificate_file.empty()),
      host_(choice.url_host()),
      handlers_(std::move(handlers)) {
  g_autoptr(GTlsCertificate) certificate =
      encrypted_ ? load_certificate(choice.certificate) : nullptr;
  server_ = soup_server_new("server-header", "naclip-live", nullptr);
  if (certificate) soup_server_set_tls_certificate(server_, certificate);
  const char *host = choice.address == "localhost" ? "127.0.0.1" : choice.address.c_str();
  g_autoptr(GSocketAddress) address =
      g_inet_socket_address_new_from_string(host, static_cast<guint>(std::stoi(choice.port)));
  g_autoptr(GError) error = nullptr;
  const auto options =
      encrypted_ ? SOUP_SERVER_LISTEN_HTTPS : static_cast<SoupServerListenOptions>(0);
  if (!address || !soup_server_listen(server_, address, options, &error)) {
    g_clear_object(&server_);
    throw std::runtime_error("the page cannot be served at " + choice.address + ", port " +
                             choice.port + ": " + (error ? error->message : "this is no address") +
                             ". --web takes a free port, and an address of this machine");
  }
  soup_server_add_early_handler(server_, nullptr, on_headers, this, nullptr);
  soup_server_add_handler(server_, nullptr, on_request, this, nullptr);
  soup_server_add_early_handler(server_, kMessages, on_headers, this, nullptr);
  soup_server_add_websocket_handler(server_, kMessages, nullptr, nullptr, on_websocket, this,
                                    nullptr);
}

HttpServer::~HttpServer() {
  soup_server_disconnect(server_);
  g_clear_object(&server_);
}

std::string HttpServer::address() const {
  GSList *uris = soup_server_get_uris(server_);
  const int port = uris ? g_uri_get_port(static_cast<GUri *>(uris->data)) : 0;
  g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
  return std::string(encrypted_ ? "https" : "http") + "://" + host_ + ":" + std::to_string(port) +
         "/";
}

void HttpServer::on_headers(SoupServer *, SoupServerMessage *message, const char *path,
                            GHashTable *, gpointer self) {
  const auto &access = static_cast<HttpServer *>(self)->access_;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
  for (const auto &[name, value] : kHeaders) soup_message_headers_replace(headers, name, value);
  std::optional<Refusal> refusal = access.foreign(message);
  if (!refusal) refusal = oversized(message);
  if (!refusal && !is_open(path) && !access.is_known(message)) {
    refusal = Refusal{SOUP_STATUS_UNAUTHORIZED,
                      "this needs the token that --web-token-file names, as the header "
                      "Authorization: Bearer TOKEN"};
    soup_message_headers_replace(headers, "WWW-Authenticate", "Bearer");
  }
  if (refusal) reply_error(message, refusal->status, refusal->why);
}

void HttpServer::on_request(SoupServer *, SoupServerMessage *message, const char *path,
                            GHashTable *, gpointer self) {
  auto *server = static_cast<HttpServer *>(self);
  if (soup_server_message_get_status(message) != 0) return;  // refused
  server->handlers_.asked({message, path});
}

void HttpServer::on_websocket(SoupServer *, SoupServerMessage *, const char *,
                              SoupWebsocketConnection *connection, gpointer self) {
  static_cast<HttpServer *>(self)->handlers_.joined(connection);
}

}  // namespace naclip::live::web
