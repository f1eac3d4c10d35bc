// naclippublish to librdkafka's cluster of pretence, which speaks Kafka's protocol in this process.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "mqtt_broker.h"
#include "publish_fixture.h"

namespace naclip::testing {
namespace {

/// A cluster of one broker.
class Cluster {
 public:
  Cluster() {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t *, int, const char *, const char *) {});
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
    rd_kafka_mock_topic_create(cluster_, "naclip", 1, 1);
  }
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }
  Cluster(const Cluster &) = delete;
  Cluster &operator=(const Cluster &) = delete;

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void set_up(bool up) {
    if (up)
      rd_kafka_mock_broker_set_up(cluster_, 1);
    else
      rd_kafka_mock_broker_set_down(cluster_, 1);
  }

  /// The next request with messages fails.
  void refuse_next(rd_kafka_resp_err_t error) {
    constexpr std::int16_t kProduce = 0;  // Kafka's number of such requests
    rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, error);
  }

  /// The first `count` messages of the topic, `KEY TEXT` each; fewer where they do not come in a
  /// minute.
  std::vector<std::string> read(std::size_t count) const {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (const auto &[key, value] :
         {std::pair<const char *, std::string>{"bootstrap.servers", address()},
          {"group.id", "reader"},
          {"auto.offset.reset", "earliest"}})
      EXPECT_EQ(rd_kafka_conf_set(conf, key, value.c_str(), nullptr, 0), RD_KAFKA_CONF_OK);
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t *, int, const char *, const char *) {});
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_poll_set_consumer(reader);
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, "naclip", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(reader, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    std::vector<std::string> messages;
    eventually([&] {
      rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);
      if (message == nullptr) return false;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        messages.push_back(std::string(static_cast<const char *>(message->key), message->key_len) +
                           " " +
                           std::string(static_cast<const char *>(message->payload), message->len));
      rd_kafka_message_destroy(message);
      return messages.size() >= count;
    });
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
    return messages;
  }

 private:
  rd_kafka_t *owner_;
  rd_kafka_mock_cluster_t *cluster_;
};

std::string to(const std::string &address) {
  return "method=kafka address=" + address + " when=every ";
}

void push(Publish &publish, int begin, int end) {
  for (int number = begin; number < end; ++number)
    EXPECT_EQ(publish.push(publish.masked(number)), GST_FLOW_OK);
}

std::string count_to(int end) {
  std::string text = "0";
  for (int number = 1; number < end; ++number) text += " " + std::to_string(number);
  return text;
}

std::vector<std::string> messages(const std::vector<std::string> &read) {
  const std::vector<std::string> texts = texts_of(read);
  SchemaCheck::add(texts);
  return texts;
}

TEST(PublishKafka, SendsAllToOneTopicWithTheSourceAsKey) {
  const Cluster cluster;
  {
    Publish publish(to(cluster.address()) + "content=shares+rle");
    push(publish, 0, 100);
    publish.end();
    EXPECT_EQ(publish.statistic("sent"), 101U);
    EXPECT_TRUE(publish.connected());
    EXPECT_FALSE(publish.has_warning());
  }
  const auto read = cluster.read(103);
  ASSERT_EQ(read.size(), 103U);
  for (const std::string &line : read) EXPECT_TRUE(line.starts_with("door {"));
  const auto texts = messages(read);
  EXPECT_EQ(all_at("$.sequence", of_type("frame", texts)), count_to(100));
  EXPECT_EQ(text_at(texts[0], "$.state"), "online");
  EXPECT_EQ(text_at(texts[1], "$.type"), "vocabulary");
  EXPECT_EQ(text_at(texts[102], "$.state"), "offline");
}

TEST(PublishKafka, SendsInOrderWhatWasQueuedWhileTheClusterWasAway) {
  Cluster cluster;
  {
    Publish publish(to(cluster.address()));
    push(publish, 0, 10);
    ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 11; }));
    cluster.set_up(false);
    EXPECT_EQ(publish.warning(), "The Kafka cluster at " + cluster.address() + " was lost.");
    push(publish, 10, 60);
    cluster.set_up(true);
    ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 0; }));
    EXPECT_EQ(publish.statistic("sent"), 61U);
    EXPECT_EQ(publish.statistic("dropped"), 0U);
    EXPECT_EQ(publish.statistic("reconnects"), 1U);
  }
  // online, vocabulary, 10 frames, online, vocabulary, 50 frames, offline
  const auto texts = messages(cluster.read(65));
  EXPECT_EQ(all_at("$.sequence", of_type("frame", texts)), count_to(60));
}

TEST(PublishKafka, AnAbsentClusterIsToldAndTheStreamGoesOn) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Publish publish(to(address) + "drain-timeout=1");
  push(publish, 0, 50);
  EXPECT_EQ(publish.warning(), "The Kafka cluster at " + address + " cannot be reached.");
  EXPECT_FALSE(publish.connected());
  publish.end();
  EXPECT_EQ(publish.warning(), "The stream ends before 51 messages were sent.");
  publish.stop();
  EXPECT_EQ(publish.statistic("dropped"), 51U);
}

TEST(PublishKafka, AMessageThatIsTooLargeIsLeftOut) {
  const Cluster cluster;
  const std::string limited = to(cluster.address()) + "kafka-config=message.max.bytes=1000 ";
  Publish publish(limited + "on-error=warn", 2, 1);
  EXPECT_EQ(publish.push(publish.frame(0, {0, 1}, 0, {"b", std::string(2000, 'a')})), GST_FLOW_OK);
  EXPECT_TRUE(publish.warning().starts_with("A message is larger than Kafka takes."));
  push(publish, 1, 3);
  publish.end();
  EXPECT_EQ(publish.statistic("dropped"), 2U) << "the vocabulary and the frame";
  EXPECT_EQ(publish.statistic("sent"), 3U);
  Publish fails(limited, 2, 1);
  fails.push(fails.frame(0, {0, 1}, 0, {"b", std::string(2000, 'a')}));
  EXPECT_NE(fails.messages().wait_for(GST_MESSAGE_ERROR), nullptr);
}

TEST(PublishKafka, AMessageThatTheClusterRefusesIsLeftOut) {
  Cluster cluster;
  Publish publish(to(cluster.address()) + "on-error=warn");
  ASSERT_TRUE(eventually([&] { return publish.connected(); }));
  push(publish, 0, 3);
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 4; }));
  cluster.refuse_next(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  push(publish, 3, 4);
  EXPECT_TRUE(publish.warning().starts_with("A message is larger than Kafka takes."));
  push(publish, 4, 6);
  publish.end();
  EXPECT_EQ(publish.statistic("sent"), 6U);
  EXPECT_EQ(publish.statistic("dropped"), 1U);
  publish.stop();
  EXPECT_EQ(all_at("$.sequence", of_type("frame", messages(cluster.read(8)))), "0 1 2 4 5");
}

TEST(PublishKafka, AMessageThatIsNotDeliveredIsSentAgainOnANewConnection) {
  Cluster cluster;
  Publish publish(to(cluster.address()));
  push(publish, 0, 3);
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 4; }));
  cluster.refuse_next(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  push(publish, 3, 4);
  EXPECT_EQ(publish.warning(), "The Kafka cluster at " + cluster.address() + " was lost.");
  push(publish, 4, 6);
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 7; }));
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  publish.stop();
  // online, vocabulary, 3 frames, online, vocabulary, 3 frames, offline
  EXPECT_EQ(all_at("$.sequence", of_type("frame", messages(cluster.read(11)))), "0 1 2 3 4 5");
}

TEST(PublishKafka, DoesNotStartWithAConfigurationThatTheLibraryRefuses) {
  GST_ELEMENT_REGISTER(naclippublish, nullptr);
  const Ptr<GstElement> element(static_cast<GstElement *>(gst_object_ref_sink(gst_parse_launch(
      "naclippublish method=kafka address=localhost kafka-config=linger.ms=soon", nullptr))));
  Messages messages(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_STREQ(error_of(messages.next(GST_MESSAGE_ERROR).get())->message,
               "librdkafka does not take the value of linger.ms.");
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace naclip::testing
