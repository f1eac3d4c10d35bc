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
  Listener listener{{SOUP_WEBSOCKET_CONNECTION(g_object_ref(connection)), g_object_unref},
                    g_get_monotonic_time()};
  listener.closed = g_signal_connect(connection, "closed", G_CALLBACK(on_closed), this);
  listener.pong = g_signal_connect(connection, "pong", G_CALLBACK(on_pong), this);
  listeners_.push_back(listener);
  for (const std::string &message : first) tell(listener, message);
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
  // One who turns out to be gone leaves the list meanwhile.
  const std::vector<Listener> all = listeners_;
  for (const Listener &one : all) {
    if (now > one.heard + kPatience) {
      std::erase_if(listeners_,
                    [&](const Listener &other) { return other.connection == one.connection; });
      let_go(one);
    } else if (now <= one.heard + patience) {
      tell(one, message);
    }
  }
}

void Messages::tell(const Listener &listener, const std::string &message) {
  SoupWebsocketConnection *connection = listener.connection.get();
  if (soup_websocket_connection_get_state(connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text(connection, message.c_str());
}

void Messages::forget(const Listener &listener) {
  g_signal_handler_disconnect(listener.connection.get(), listener.closed);
  g_signal_handler_disconnect(listener.connection.get(), listener.pong);
}

void Messages::let_go(const Listener &listener) {
  forget(listener);
  // Without waiting for one who does not answer.
  g_io_stream_close(soup_websocket_connection_get_io_stream(listener.connection.get()), nullptr,
                    nullptr);
}

void Messages::on_closed(SoupWebsocketConnection *connection, gpointer self) {
  auto &listeners = static_cast<Messages *>(self)->listeners_;
  const auto gone = std::find_if(listeners.begin(), listeners.end(), [&](const Listener &one) {
    return one.connection.get() == connection;
  });
  if (gone == listeners.end()) return;
  forget(*gone);
  listeners.erase(gone);
}

void Messages::on_pong(SoupWebsocketConnection *connection, GBytes *, gpointer self) {
  for (Listener &one : static_cast<Messages *>(self)->listeners_) {
    if (one.connection.get() == connection) one.heard = g_get_monotonic_time();
  }
}

}  // namespace naclip::live::web
