// Stands for mqtt_sink.cpp in a build without libmosquitto's headers.
#include "elements/publish/sink.h"
#include "model/error.h"

namespace naclip {

std::unique_ptr<Sink> make_mqtt_sink(const PublishSettings &, const std::string &, Waker &) {
  throw Error(ErrorKind::kSettings,
              "This build of gst-naclip has no MQTT: it was made without libmosquitto-dev. Use "
              "method=file or build it anew.");
}

}  // namespace naclip
