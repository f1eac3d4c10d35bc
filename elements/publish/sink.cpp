#include "elements/publish/sink.h"

#include "elements/publish/file_sink.h"

namespace naclip {

std::unique_ptr<Sink> make_sink(const PublishSettings &settings, const std::string &source,
                                Waker &waker) {
  switch (settings.method) {
    case PublishMethod::kMqtt:
      return make_mqtt_sink(settings, source, waker);
    case PublishMethod::kKafka:
      return make_kafka_sink(settings, source, waker);
    default:
      return std::make_unique<FileSink>(settings.location, waker);
  }
}

}  // namespace naclip
