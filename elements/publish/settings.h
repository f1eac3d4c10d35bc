// What a user of naclippublish may choose.
#pragma once

#include <array>
#include <string>

#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"

namespace naclip {

enum class PublishMethod { kFile, kMqtt, kKafka };

/// What is written of each class; flags.
enum PublishContent : unsigned { kShares = 1, kBoxes = 2, kRle = 4, kPolygons = 8 };

/// Which frames have a message.
enum class PublishWhen { kFresh, kEvery, kChange };

/// What becomes of a message for which the queue has no room.
enum class Overflow { kDropOldest, kDropNewest, kBlock };

/// What becomes of the stream where a message cannot be written.
enum class PublishOnError { kFail, kWarn };

inline constexpr EnumTable<PublishMethod, 3> kPublishMethods{
    "GstNaclipPublishMethod",
    {{{PublishMethod::kFile, "file", "To a file, one line a message"},
      {PublishMethod::kMqtt, "mqtt", "To an MQTT broker (needs libmosquitto)"},
      {PublishMethod::kKafka, "kafka", "To a Kafka cluster (needs librdkafka)"}}}};

inline constexpr EnumTable<PublishContent, 4> kPublishContents{
    "GstNaclipPublishContent",
    {{{kShares, "shares", "Its share of the picture and the mean confidence"},
      {kBoxes, "boxes", "The rectangle around it"},
      {kRle, "rle", "Its mask in COCO's compressed run lengths"},
      {kPolygons, "polygons", "Its outlines"}}}};

inline constexpr EnumTable<PublishWhen, 3> kPublishWhen{
    "GstNaclipPublishWhen",
    {{{PublishWhen::kFresh, "fresh",
       "Those with the mask of another inference than the one before"},
      {PublishWhen::kEvery, "every", "All"},
      {PublishWhen::kChange, "change",
       "Those on which a class appears or disappears, or its share has changed by two hundredths "
       "of "
       "the picture"}}}};

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

struct PublishSettings : MaskSettings {  // whose source is the property mask-source
  PublishMethod method = PublishMethod::kFile;
  std::string location = "-";
  std::string address;
  std::string topic = "naclip";
  std::string camera;  // the property source
  unsigned content = kShares;
  double polygon_tolerance = 1;  // pixels
  PublishWhen when = PublishWhen::kFresh;
  int min_interval = 0;  // ms
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

inline constexpr std::array kPublishProperties{
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
    Property<PublishSettings>{"source", "Source",
                              "Name of the camera in messages (empty = the element's name)",
                              &PublishSettings::camera, Change::kStopped},
    Property<PublishSettings>{
        "mask-source", "Mask source",
        "Name of the naclipsegment whose masks to publish (empty = the nearest one upstream)",
        static_cast<std::string PublishSettings::*>(&MaskSettings::source)},
    Property<PublishSettings>{
        "classes", "Classes",
        "Labels of the classes to publish, separated by , or ; (empty = all but the background, * "
        "= all, !label = not that one)",
        static_cast<std::string PublishSettings::*>(&MaskSettings::classes)},
    Property<PublishSettings>{"content", "Content", "What is written of each class, joined by +",
                              flags_field<&PublishSettings::content, kPublishContents>()},
    Property<PublishSettings>{"polygon-tolerance", "Polygon tolerance",
                              "Outlines are simplified by up to so many pixels of the frame",
                              &PublishSettings::polygon_tolerance, Change::kAlways, 0, 100},
    Property<PublishSettings>{"when", "When", "Which frames have a message",
                              enum_field<&PublishSettings::when, kPublishWhen>()},
    Property<PublishSettings>{"min-interval", "Minimum interval",
                              "Least time between two frames with a message, in milliseconds",
                              &PublishSettings::min_interval},
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
