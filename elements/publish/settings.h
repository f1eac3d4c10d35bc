// What a user of naclippublish may choose.
#pragma once

#include <array>
#include <string>

#include "elements/publish/message_settings.h"
#include "elements/support/properties.h"

namespace naclip {

enum class PublishMethod { kFile, kMqtt, kKafka };

/// What becomes of a message for which the queue has no room.
enum class Overflow { kDropOldest, kDropNewest, kBlock };

/// What becomes of the stream where a message cannot be written.
enum class PublishOnError { kFail, kWarn };

inline constexpr EnumTable<PublishMethod, 3> kPublishMethods{
    "GstNaclipPublishMethod",
    {{{PublishMethod::kFile, "file", "To a file, one line a message"},
      {PublishMethod::kMqtt, "mqtt", "To an MQTT broker (needs libmosquitto)"},
      {PublishMethod::kKafka, "kafka", "To a Kafka cluster (needs librdkafka)"}}}};

inline constexpr EnumTable<Overflow, 3> kOverflows{
    "GstNaclipPublishOverflow",
    {{{Overflow::kDropOldest, "drop-oldest", "The oldest message is dropped"},
      {Overflow::kDropNewest, "drop-newest", "The new message is dropped"},
      {Overflow::kBlock, "block", "The stream waits"}}}};

inline constexpr EnumTable<PublishOnError, 2> kPublishOnError{
    "GstNaclipPublishOnError",
    {{{PublishOnError::kFail, "fail", "The stream ends with an error"},
      {PublishOnError::kWarn, "warn",
       "The message is dropped, with a warning at most once a minute"}}}};

struct PublishSettings : MessageSettings {
  PublishMethod method = PublishMethod::kFile;
  std::string location = "-";
  std::string address;
  std::string topic = "naclip";
  int qos = 1;
  int queue_size = 1000;
  Overflow overflow = Overflow::kDropOldest;
  PublishOnError on_error = PublishOnError::kFail;
  int drain_timeout = 5000;  // ms
  std::string username, password_file;
  std::string ca_file, cert_file, key_file;
  bool tls_verify = true;
  std::string client_id;
  std::string kafka_config;
};

/// Where messages go.
inline constexpr std::array kTargetProperties{
    Property<PublishSettings>{"method", "Method", "How messages are sent",
                              enum_field<&PublishSettings::method, kPublishMethods>(),
                              Change::kStopped},
    Property<PublishSettings>{"location", "Location",
                              "File of method=file, to whose end lines are added (- = standard "
                              "output)",
                              &PublishSettings::location, Change::kStopped},
    Property<PublishSettings>{"address", "Address",
                              "Of the broker: host or host:port (method=kafka: several, separated "
                              "by ,)",
                              &PublishSettings::address, Change::kStopped},
    Property<PublishSettings>{"topic", "Topic",
                              "Of method=mqtt, what topics begin with; of method=kafka, the topic",
                              &PublishSettings::topic, Change::kStopped},
};

/// How they are sent.
inline constexpr std::array kDeliveryProperties{
    Property<PublishSettings>{"qos", "Quality of service", "Of method=mqtt", &PublishSettings::qos,
                              Change::kStopped, 0, 2},
    Property<PublishSettings>{"queue-size", "Queue size", "Messages that may wait to be sent",
                              &PublishSettings::queue_size, Change::kStopped, 1, 1000000},
    Property<PublishSettings>{"overflow", "Overflow", "What happens where the queue is full",
                              enum_field<&PublishSettings::overflow, kOverflows>(),
                              Change::kStopped},
    Property<PublishSettings>{
        "on-error", "On error",
        "What to do where a message cannot be written, such as on a full disk",
        enum_field<&PublishSettings::on_error, kPublishOnError>(), Change::kStopped},
    Property<PublishSettings>{"drain-timeout", "Drain timeout",
                              "How long the end of the stream waits for messages to be sent, in "
                              "milliseconds",
                              &PublishSettings::drain_timeout},
    Property<PublishSettings>{"username", "User name", "For the broker", &PublishSettings::username,
                              Change::kStopped},
    Property<PublishSettings>{"password-file", "Password file",
                              "File whose first line is the password for the broker",
                              &PublishSettings::password_file, Change::kStopped},
    Property<PublishSettings>{"ca-file", "CA file",
                              "Certificates, PEM, of which one has to have signed the broker's. "
                              "Turns TLS on",
                              &PublishSettings::ca_file, Change::kStopped},
    Property<PublishSettings>{"cert-file", "Certificate file",
                              "Certificate, PEM, to show to the broker (with TLS)",
                              &PublishSettings::cert_file, Change::kStopped},
    Property<PublishSettings>{"key-file", "Key file", "Its private key, PEM",
                              &PublishSettings::key_file, Change::kStopped},
    Property<PublishSettings>{
        "tls-verify", "Verify TLS",
        "Refuse a broker whose certificate is not signed so, or is of another "
        "host",
        &PublishSettings::tls_verify, Change::kStopped},
    Property<PublishSettings>{"client-id", "Client id",
                              "For the broker (empty = one that is made up)",
                              &PublishSettings::client_id, Change::kStopped},
    Property<PublishSettings>{"kafka-config", "Kafka configuration",
                              "Further properties of librdkafka, as key=value;key=value",
                              &PublishSettings::kafka_config, Change::kStopped},
};

inline constexpr auto kPublishProperties =
    joined(kTargetProperties, kMessageProperties<PublishSettings>, kDeliveryProperties);

/// Throws Error{kSettings} where these contradict each other, or lack something.
void require_complete(const PublishSettings &settings);

/// The first line of a file. Throws Error{kRead}.
std::string password_in(const std::string &file);

/// "host", "host:port", "[address]:port".
struct Address {
  std::string host;
  int port;
};
/// Throws Error{kSettings}.
Address parse_address(const std::string &text, int default_port);

/// "key=value;key=value", by key. Throws Error{kSettings}.
std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string &text);

}  // namespace naclip
