// What happens, told to browsers over WebSocket.
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <string>
#include <vector>

namespace naclip::live::web {

/// Sends each message to all who listen. Nothing is kept for one that has stopped reading: it
/// misses frames, and is let go when it stays so.
class Messages {
 public:
  Messages() = default;
  ~Messages();
  Messages(const Messages &) = delete;
  Messages &operator=(const Messages &) = delete;

  /// `first`: what one who comes new is told. False where too many listen.
  bool add(SoupWebsocketConnection *connection, const std::vector<std::string> &first);
  std::size_t count() const { return listeners_.size(); }

  void send(const std::string &message);
  /// Of what is told several times a second and may be missed.
  void send_frame(const std::string &message);

 private:
  struct Listener {
    std::shared_ptr<SoupWebsocketConnection> connection;
    gint64 heard;  ///< when it last answered a ping, monotonic time, microseconds
    gulong closed = 0, pong = 0;
  };
  static void on_closed(SoupWebsocketConnection *connection, gpointer self);
  static void on_pong(SoupWebsocketConnection *connection, GBytes *payload, gpointer self);
  void send(const std::string &message, gint64 patience);
  static void tell(const Listener &listener, const std::string &message);
  static void forget(const Listener &listener);
  static void let_go(const Listener &listener);

  std::vector<Listener> listeners_;
};

}  // namespace naclip::live::web
