// An HTTP server on the loopback, in a thread of its own, that does what a test tells it.
#pragma once

#include <libsoup/soup.h>

#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace naclip::test {

/// One request as it came.
struct Asked {
  std::string path;
  std::string host;   ///< as the client named it
  std::string range;  ///< "" where the whole was asked for
};

/// What a server answers to one request. Call one of its functions.
class Answer {
 public:
  explicit Answer(SoupServerMessage *message) : message_(message) {}

  /// These bytes, or what of them the client asked for.
  void whole(const std::string &bytes) {
    soup_server_message_set_status(message_, SOUP_STATUS_OK, nullptr);
    soup_server_message_set_response(message_, "application/octet-stream", SOUP_MEMORY_COPY,
                                     bytes.data(), bytes.size());
  }

  /// As a server that cannot resume.
  void whole_whatever_was_asked(const std::string &bytes) {
    soup_message_headers_remove(soup_server_message_get_request_headers(message_), "Range");
    whole(bytes);
  }

  /// A web page that is not the file.
  void status(guint code) {
    const std::string page = "<html>This is not what you want.</html>";
    soup_server_message_set_status(message_, code, nullptr);
    soup_server_message_set_response(message_, "text/html", SOUP_MEMORY_COPY, page.data(),
                                     page.size());
  }

  /// That nothing of the file's `size` bytes lies in the range that was asked for; some
  /// versions of libsoup send the whole instead. Without `with_page` the connection breaks off
  /// before the page that was promised.
  void unsatisfied(std::size_t size, bool with_page = true) {
    const std::string page = "<html>No such range.</html>";
    raw("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" + std::to_string(size) +
            "\r\nContent-Length: " + std::to_string(page.size()) + "\r\n\r\n" +
            (with_page ? page : ""),
        false);
  }

  void redirect(const std::string &url) {
    soup_server_message_set_redirect(message_, SOUP_STATUS_FOUND, url.c_str());
  }

  /// Promises `promised` bytes, sends these and closes the connection.
  void break_off(const std::string &bytes, std::uint64_t promised) {
    raw(header("200 OK", promised) + bytes, false);
  }

  /// The same, and leaves the connection open.
  void stall(const std::string &bytes, std::uint64_t promised) {
    raw(header("200 OK", promised) + bytes, true);
  }

  /// Bytes, without saying how many there will be.
  void unmeasured(const std::string &bytes) {
    raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes, false);
  }

  /// Another part than the one that was asked for.
  void part_from(std::size_t start, const std::string &bytes) {
    raw("HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(bytes.size()) +
            "\r\nContent-Range: bytes " + std::to_string(start) + "-" +
            std::to_string(start + bytes.size() - 1) + "/" + std::to_string(start + bytes.size()) +
            "\r\n\r\n" + bytes,
        false);
  }

 private:
  static std::string header(const std::string &status, std::uint64_t length) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  }

  /// Past libsoup, which would not break its word.
  void raw(const std::string &text, bool hold) {
    GSocket *socket = soup_server_message_get_socket(message_);
    for (std::size_t sent = 0; sent < text.size();) {
      const gssize size = g_socket_send_with_blocking(socket, text.data() + sent,
                                                      text.size() - sent, TRUE, nullptr, nullptr);
      if (size <= 0) break;
      sent += static_cast<std::size_t>(size);
    }
    soup_server_message_set_status(message_, SOUP_STATUS_OK, nullptr);
    if (hold)
      soup_server_message_pause(message_);
    else
      g_socket_shutdown(socket, TRUE, TRUE, nullptr);
  }

  SoupServerMessage *message_;
};

class HttpServer {
 public:
  using Handler = std::function<void(Answer &answer, const Asked &asked)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    std::promise<void> started;
    thread_ = std::thread([this, &started] { serve(started); });
    started.get_future().wait();
    if (!base_.empty()) return;
    stop();
    throw std::runtime_error("no server on the loopback");
  }

  ~HttpServer() { stop(); }
  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;

  /// "http://127.0.0.1:12345"
  const std::string &base() const { return base_; }

  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void stop() {
    g_main_loop_quit(loop_);
    thread_.join();
    g_main_loop_unref(loop_);
  }

  static gboolean on_running(gpointer started) {
    static_cast<std::promise<void> *>(started)->set_value();
    return G_SOURCE_REMOVE;
  }

  void serve(std::promise<void> &started) {
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);
    loop_ = g_main_loop_new(context, FALSE);
    SoupServer *server = soup_server_new("server-header", "naclip-test", nullptr);
    soup_server_add_handler(server, nullptr, on_request, this, nullptr);
    const bool listens =
        soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, nullptr) != FALSE;
    base_ = listens ? base_of(server) : "";
    // Told from inside the loop: to quit one that does not run yet has no effect.
    GSource *running = g_idle_source_new();
    g_source_set_callback(running, on_running, &started, nullptr);
    g_source_attach(running, context);
    g_source_unref(running);
    g_main_loop_run(loop_);
    soup_server_disconnect(server);
    g_object_unref(server);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
  }

  static std::string base_of(SoupServer *server) {
    GSList *uris = soup_server_get_uris(server);
    const std::string base =
        "http://127.0.0.1:" + std::to_string(g_uri_get_port(static_cast<GUri *>(uris->data)));
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    return base;
  }

  static void on_request(SoupServer *, SoupServerMessage *message, const char *path, GHashTable *,
                         gpointer data) {
    auto *self = static_cast<HttpServer *>(data);
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(message);
    const auto header = [&](const char *name) {
      const char *value = soup_message_headers_get_one(headers, name);
      return std::string(value != nullptr ? value : "");
    };
    const Asked asked{path, header("Host"), header("Range")};
    {
      const std::lock_guard lock(self->mutex_);
      self->asked_.push_back(asked);
    }
    Answer answer(message);
    self->handler_(answer, asked);
  }

  Handler handler_;
  std::string base_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  GMainLoop *loop_ = nullptr;
  std::thread thread_;
};

}  // namespace naclip::test
