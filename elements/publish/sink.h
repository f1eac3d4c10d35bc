// Where messages are sent to.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "elements/publish/message.h"
#include "elements/publish/settings.h"
#include "elements/publish/waker.h"

namespace naclip {

/// A file, or a connection to a broker. All is called by one thread, but for prepare(), which is
/// called before any other.
///
/// Errors: kNetwork, the connection could not be made, or is lost: open() is called again later,
/// and what was not confirmed is sent again. kWrite, the next message may work: of send(), this
/// message cannot be sent; of serve(), the oldest that is not confirmed cannot.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Loads what is needed and looks at the settings. Throws Error of any kind where it could never
  /// work.
  virtual void prepare() = 0;

  /// Opens the file or connects anew. Returns, or throws, within some ten seconds, sooner where the
  /// waker is stopped.
  virtual void open() = 0;

  /// How many messages may be under way, sent and not confirmed.
  virtual std::size_t window() const = 0;

  virtual void send(const Message &message) = 0;

  /// What to wait for, for so long, before serve().
  struct Watch {
    int file = -1;  ///< -1: none
    short events = 0;
    std::chrono::milliseconds timeout{1000};
  };
  virtual Watch watch() { return {}; }

  /// Does what the network asks for, without waiting. -> how many messages, in their order, were
  /// confirmed since the last call.
  virtual std::size_t serve() = 0;

  /// Ends in order, with this last message, within a second or so.
  virtual void close(const Message &last) noexcept = 0;

  /// Closes the file and opens it again by its name.
  virtual void reopen() {}
};

/// The sink of settings.method. `source` is the camera's name, `waker` that of the thread that will
/// use it. Throws Error{kSettings} where this build has none.
std::unique_ptr<Sink> make_sink(const PublishSettings &settings, const std::string &source,
                                Waker &waker);

/// Messages to an MQTT broker: topics PREFIX/SOURCE/TYPE. no_mqtt_sink.cpp where libmosquitto's
/// headers were missing.
std::unique_ptr<Sink> make_mqtt_sink(const PublishSettings &settings, const std::string &source,
                                     Waker &waker);

/// Messages to a Kafka cluster: one topic, the key is the source. no_kafka_sink.cpp where
/// librdkafka's headers were missing.
std::unique_ptr<Sink> make_kafka_sink(const PublishSettings &settings, const std::string &source,
                                      Waker &waker);

}  // namespace naclip
