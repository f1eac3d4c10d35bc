// Stands for kafka_sink.cpp in a build without librdkafka's headers.
#include "elements/publish/sink.h"
#include "model/error.h"

namespace naclip {

std::unique_ptr<Sink> make_kafka_sink(const PublishSettings &, const std::string &, Waker &) {
  throw Error(ErrorKind::kSettings,
              "This build of gst-naclip has no Kafka: it was made without librdkafka-dev. Use "
              "method=file or build it anew.");
}

}  // namespace naclip
