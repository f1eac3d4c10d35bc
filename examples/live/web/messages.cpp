#include "messages.h"

#include <algorithm>

namespace naclip::live::web {
namespace {

constexpr std::size_t kMostListeners = 128;
constexpr guint kPingInterval = 5;  // seconds
// Pings queue behind what was sent before: one that is answered says that it arrived.
constexpr gint64 kFramePatience = 3 * kPingInterval * G_USEC_PER_SEC;
constexpr gint64 kPatience = 12 * kPingInterval * G_USEC_PER_SEC;

}  // namespace

Messages::~Messages() {
  for (const Listener &listener : listeners_) let_go(listener);
}

bool Messages::add(SoupWebsocketConnection *connection, const std::vector<std::string> &first) {
  if (listeners_.size() >= kMostListeners) {
    soup_websocket_connection_close(connection, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                                    "too many listen");
    return false;
  }
  soup_websocket_connection_set_max_incoming_payload_size(connection, 1024);
  soup_websocket_connection_set_keepalive_interval(connection, kPingInterval);
  Listener listener{SOUP_WEBSOCKET_CONNECTION(g_object_ref(connection)), g_get_monotonic_time()};
  listener.closed = g_signal_connect(connection, "closed", G_CALLBACK(on_closed), this);
  listener.pong = g_signal_connect(connection, "pong", G_CALLBACK(on_pong), this);
  listeners_.push_back(listener);
  for (const std::string &message : first)
    soup_websocket_connection_send_text(connection, message.c_str());
  return true;
}

void Messages::send(const std::string &message) {
  send(message, kPatience);
}

void Messages::send_frame(const std::string &message) {
  send(message, kFramePatience);
}

void Messages::send(const std::string &message, gint64 patience) {
  const gint64 now = g_get_monotonic_time();
  std::vector<Listener> gone;
  for (const Listener &one : listeners_) {
    if (now > one.heard + kPatience) {
      gone.push_back(one);
    } else if (now <= one.heard + patience &&
               soup_websocket_connection_get_state(one.connection) == SOUP_WEBSOCKET_STATE_OPEN) {
      soup_websocket_connection_send_text(one.connection, message.c_str());
    }
  }
  for (const Listener &one : gone) {
    std::erase_if(listeners_,
                  [&](const Listener &other) { return other.connection == one.connection; });
    let_go(one);
  }
}

void Messages::let_go(const Listener &listener) {
  g_signal_handler_disconnect(listener.connection, listener.closed);
  g_signal_handler_disconnect(listener.connection, listener.pong);
  // Without waiting for one who does not answer.
  g_io_stream_close(soup_websocket_connection_get_io_stream(listener.connection), nullptr, nullptr);
  g_object_unref(listener.connection);
}

void Messages::on_closed(SoupWebsocketConnection *connection, gpointer self) {
  auto &listeners = static_cast<Messages *>(self)->listeners_;
  const auto gone = std::find_if(listeners.begin(), listeners.end(),
                                 [&](const Listener &one) { return one.connection == connection; });
  if (gone == listeners.end()) return;
  const Listener listener = *gone;
  listeners.erase(gone);
  g_signal_handler_disconnect(connection, listener.closed);
  g_signal_handler_disconnect(connection, listener.pong);
  g_object_unref(connection);
}

void Messages::on_pong(SoupWebsocketConnection *connection, GBytes *, gpointer self) {
  for (Listener &one : static_cast<Messages *>(self)->listeners_) {
    if (one.connection == connection) one.heard = g_get_monotonic_time();
  }
}

}  // namespace naclip::live::web
