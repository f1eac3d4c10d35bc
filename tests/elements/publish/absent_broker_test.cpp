// What a build without the brokers' headers says, whose two files this program is linked with.
#include <gtest/gtest.h>

#include "elements/publish/sink.h"
#include "model/error.h"

namespace naclip::testing {
namespace {

TEST(AbsentBroker, TheBuildIsNamedAsTheCause) {
  Waker waker;
  for (const auto &[make, what] :
       {std::pair{&make_mqtt_sink, "MQTT: it was made without libmosquitto-dev"},
        {&make_kafka_sink, "Kafka: it was made without librdkafka-dev"}}) {
    try {
      make({}, "door", waker);
      FAIL();
    } catch (const Error &error) {
      EXPECT_EQ(error.kind(), ErrorKind::kSettings);
      EXPECT_EQ(error.what(), "This build of gst-naclip has no " + std::string(what) +
                                  ". Use method=file or build it anew.");
    }
  }
}

}  // namespace
}  // namespace naclip::testing
