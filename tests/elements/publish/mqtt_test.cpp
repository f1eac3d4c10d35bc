// naclippublish to a real MQTT broker: topics, order over lost connections, users, TLS, and what is
// told where it does not work. The stream never waits.
#include <gtest/gtest.h>

#include "mqtt_broker.h"
#include "publish_fixture.h"

namespace naclip::testing {
namespace {

class PublishMqtt : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_mosquitto()) GTEST_SKIP() << "mosquitto and mosquitto-clients are not installed";
  }

  static std::string to(const std::string &address) {
    return "method=mqtt address=" + address + " when=every ";
  }

  static void push(Publish &publish, int begin, int end) {
    for (int number = begin; number < end; ++number)
      EXPECT_EQ(publish.push(publish.masked(number)), GST_FLOW_OK);
  }

  /// The JSON of what a broker's reader gets.
  static std::vector<std::string> messages(const std::vector<std::string> &read) {
    const std::vector<std::string> texts = texts_of(read);
    SchemaCheck::add(texts);
    return texts;
  }
  static std::string sequences(const std::vector<std::string> &texts) {
    return all_at("$.sequence", of_type("frame", texts));
  }
  static std::string count_to(int end) {
    std::string text = "0";
    for (int number = 1; number < end; ++number) text += " " + std::to_string(number);
    return text;
  }

  /// A certificate for this host, signed by an authority of its own: ca.pem, server.pem, server.key,
  /// and client.pem, client.key. `name` is the host's.
  void make_certificates(const std::string &name, const std::string &authority = "ca") {
    const auto openssl = [&](const std::vector<std::string> &words) {
      std::vector<std::string> all{"openssl"};
      all.insert(all.end(), words.begin(), words.end());
      const Outcome outcome = run_program(all);
      ASSERT_EQ(outcome.status, 0) << outcome.printed;
    };
    const auto file = [&](const std::string &of) { return folder_.file(of); };
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=authority " + authority, "-keyout",
             file(authority + ".key"), "-out", file(authority + ".pem")});
    folder_.write("names", "subjectAltName=" + name + "\n");
    for (const std::string who : {"server", "client"}) {
      openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
               "/CN=" + who, "-keyout", file(who + ".key"), "-out", file(who + ".csr")});
      openssl({"x509", "-req", "-in", file(who + ".csr"), "-CA", file(authority + ".pem"), "-CAkey",
               file(authority + ".key"), "-CAcreateserial", "-days", "2", "-extfile", file("names"),
               "-out", file(who + ".pem")});
    }
  }
  /// Has the broker end the connection of the client of this name, without a word from that one:
  /// another one of the name comes and goes.
  static void take_over(const Broker &broker, const std::string &id) {
    const Outcome other = run_program({program("mosquitto_pub"), "-h", "127.0.0.1", "-p",
                                       broker.address().substr(10), "-i", id, "-t", "x", "-n"});
    EXPECT_EQ(other.status, 0) << other.printed;
  }
  std::string tls_listener() const {
    return "allow_anonymous true\ncafile " + folder_.file("ca.pem") + "\ncertfile " +
           folder_.file("server.pem") + "\nkeyfile " + folder_.file("server.key") + "\n";
  }
  std::string ca(const std::string &authority = "ca") const {
    return "ca-file=" + folder_.file(authority + ".pem") + " ";
  }

  Folder folder_;
};

TEST_F(PublishMqtt, SendsEachKindToItsTopic) {
  Broker broker(folder_);
  broker.start();
  broker.keep();
  Publish publish(to(broker.address()) + "topic=site/a content=boxes");
  push(publish, 0, 3);
  publish.end();
  EXPECT_EQ(publish.statistic("sent"), 4U);
  EXPECT_TRUE(publish.connected());
  publish.stop();
  const auto read = broker.read(6);
  ASSERT_EQ(read.size(), 6U);
  std::string topics;
  for (const std::string &line : read) topics += line.substr(0, line.find('{')) + "\n";
  EXPECT_EQ(topics,
            "0 site/a/door/status \n0 site/a/door/vocabulary \n0 site/a/door/frame \n"
            "0 site/a/door/frame \n0 site/a/door/frame \n0 site/a/door/status \n");
  const auto texts = messages(read);
  EXPECT_EQ(sequences(texts), "0 1 2");
  EXPECT_EQ(all_at("$.state", of_type("status", texts)), "online offline");
  EXPECT_FALSE(publish.has_warning());
}

TEST_F(PublishMqtt, SendsWithEveryQualityOfService) {
  for (const char *qos : {"0", "2"}) {
    Broker broker(folder_);
    broker.start();
    Publish publish(to(broker.address()) + "qos=" + qos);
    push(publish, 0, 100);
    publish.end();
    EXPECT_EQ(publish.statistic("sent"), 101U) << qos;
    EXPECT_FALSE(publish.has_warning());
  }
}

TEST_F(PublishMqtt, TheBrokerRetainsStatusAndVocabulary) {
  Broker broker(folder_);
  broker.start();
  const auto retained = [&](const char *id) {
    broker.id = id;  // of a reader that comes now
    const auto read = broker.read(2);
    for (const std::string &line : read) EXPECT_TRUE(line.starts_with("1 ")) << line;
    return messages(read);
  };
  Publish publish(to(broker.address()));
  push(publish, 0, 2);
  publish.end();
  auto texts = retained("first");
  EXPECT_EQ(all_at("$.state", of_type("status", texts)), "online");
  EXPECT_EQ(all_at("$.labels[1]", of_type("vocabulary", texts)), "person");
  publish.stop();
  texts = of_type("status", retained("second"));
  EXPECT_EQ(all_at("$.state", texts), "offline");
  EXPECT_EQ(all_at("$.sent", texts), "3") << "our own words: the last will is not sent";
}

TEST_F(PublishMqtt, TheLastWillSaysOffline) {
  Broker broker(folder_);
  broker.start();
  broker.keep();
  {
    Publish publish(to(broker.address()) + "client-id=one");
    ASSERT_TRUE(eventually([&] { return publish.connected(); }));
    take_over(broker, "one");
    EXPECT_TRUE(publish.warning().starts_with("The MQTT broker at " + broker.address() +
                                              " cannot be reached: "));
    EXPECT_TRUE(eventually([&] { return publish.statistic("reconnects") == 1; }));
  }
  const auto texts = messages(broker.read(4));
  EXPECT_EQ(all_at("$.state", texts), "online offline online offline");
  EXPECT_EQ(at(texts.at(1), "$.sent"), "") << "the broker's words";
  EXPECT_EQ(at(texts.at(3), "$.reconnects"), "1") << "our own";
}

TEST_F(PublishMqtt, TheBrokerRetainsTheLastWill) {
  Broker broker(folder_);
  broker.start();
  // Stopped before it has connected again, a second later, it says nothing itself.
  ASSERT_TRUE(eventually([&] {
    Publish publish(to(broker.address()) + "client-id=one");
    EXPECT_TRUE(eventually([&] { return publish.connected(); }));
    take_over(broker, "one");
    EXPECT_NE(publish.warning(), "");
    publish.stop();
    return publish.statistic("reconnects") == 0;
  }));
  const auto read = broker.read(1);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_TRUE(read[0].starts_with("1 naclip/door/status {")) << read[0];
  const auto texts = messages(read);
  EXPECT_EQ(all_at("$.state", texts), "offline");
  EXPECT_EQ(at(texts[0], "$.sent"), "") << "the broker's words";
}

TEST_F(PublishMqtt, SendsInOrderWhatWasQueuedWhileTheBrokerWasAway) {
  Broker broker(folder_);
  broker.start();
  broker.keep();
  Publish publish(to(broker.address()));
  push(publish, 0, 10);
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 11; }));
  broker.stop();
  EXPECT_NE(publish.warning(), "");
  push(publish, 10, 60);
  EXPECT_FALSE(publish.connected());
  EXPECT_EQ(publish.statistic("queued"), 50U);
  broker.start();
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 0; }));
  EXPECT_EQ(publish.statistic("sent"), 61U);
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  EXPECT_EQ(publish.statistic("reconnects"), 1U);
  publish.stop();
  // online, vocabulary, 10 frames, the will's offline, online, vocabulary, 50 frames, offline. A
  // broker that is stopped in order sends no will.
  const auto texts = messages(broker.read(65));
  EXPECT_EQ(sequences(texts), count_to(60));
  EXPECT_EQ(of_type("vocabulary", texts).size(), 2U) << "again, since a broker may forget";
}

TEST_F(PublishMqtt, SendsAgainWhatABrokerHadNotConfirmedWhenItWasKilled) {
  Broker broker(folder_);
  broker.start();
  broker.keep();
  broker.stop();  // so that it has stored the reader
  broker.start();
  Publish publish(to(broker.address()) + "overflow=block queue-size=1");
  push(publish, 0, 3);
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 4; }));
  broker.freeze();
  // The queue holds one: each has left it when the next one is put.
  push(publish, 3, 13);
  EXPECT_EQ(publish.statistic("queued"), 10U);
  broker.stop(SIGKILL);
  broker.start();
  ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 0; }));
  EXPECT_EQ(publish.statistic("sent"), 14U);
  EXPECT_EQ(publish.statistic("dropped"), 0U);
  publish.stop();
  // The broker lost what it had not stored, and then got online, vocabulary, 10 frames, offline.
  EXPECT_EQ(sequences(messages(broker.read(13))), "3 4 5 6 7 8 9 10 11 12");
}

TEST_F(PublishMqtt, StartsBeforeTheBroker) {
  Broker broker(folder_);
  broker.start();
  broker.keep();
  broker.stop();
  Publish publish(to(broker.address()));
  EXPECT_EQ(publish.warning(),
            "The MQTT broker at " + broker.address() + " cannot be reached: Connection refused.");
  push(publish, 0, 5);
  broker.start();
  ASSERT_TRUE(eventually([&] { return publish.statistic("sent") == 6; }));
  EXPECT_EQ(publish.statistic("reconnects"), 0U);
  publish.stop();
  EXPECT_EQ(sequences(messages(broker.read(8))), count_to(5));
}

TEST_F(PublishMqtt, AFullQueueDropsAndTellsIt) {
  for (const auto &[overflow, kept] :
       {std::pair<std::string, std::string>{"drop-oldest", "7 8 9"}, {"drop-newest", "0 1 2"}}) {
    const Folder folder;
    Broker broker(folder);
    broker.start();
    broker.keep();
    broker.stop();
    Publish publish(to(broker.address()) + "queue-size=4 overflow=" + overflow);
    EXPECT_NE(publish.warning(), "");
    push(publish, 0, 10);
    EXPECT_EQ(publish.statistic("dropped"), 7U);
    EXPECT_EQ(publish.statistic("queued"), 4U) << "the vocabulary is one";
    EXPECT_EQ(publish.warning(), "Messages are dropped: more than queue-size wait to be sent.");
    EXPECT_FALSE(publish.has_warning()) << "once";
    broker.start();
    ASSERT_TRUE(eventually([&] { return publish.statistic("queued") == 0; }));
    publish.stop();
    EXPECT_EQ(sequences(messages(broker.read(6))), kept);
  }
}

TEST_F(PublishMqtt, ABrokerThatIsSilentIsToldAndTheStreamGoesOn) {
  const Listener listener;
  const std::string address = "127.0.0.1:" + std::to_string(listener.port());
  Publish publish(to(address) + "drain-timeout=1");
  push(publish, 0, 300);
  EXPECT_EQ(publish.warning(), "The MQTT broker at " + address + " does not answer.");
  EXPECT_FALSE(publish.connected());
  EXPECT_EQ(publish.statistic("queued"), 301U);
  publish.end();
  EXPECT_EQ(publish.warning(), "The stream ends before 301 messages were sent.");
  publish.stop();
  EXPECT_EQ(publish.statistic("dropped"), 301U);
  EXPECT_EQ(publish.statistic("queued"), 0U);
}

TEST_F(PublishMqtt, ASilentBrokerKeepsNobodyFromStopping) {
  const Listener listener;
  Publish publish(to("127.0.0.1:" + std::to_string(listener.port())) + "drain-timeout=0");
  push(publish, 0, 3);
  publish.stop();
  EXPECT_EQ(publish.statistic("dropped"), 4U);
}

TEST_F(PublishMqtt, AStreamThatIsStoppedWaitsForNoBrokerThatIsLost) {
  Publish publish(to("127.0.0.1:" + std::to_string(free_port())));
  EXPECT_NE(publish.warning(), "");
  push(publish, 0, 3);
  publish.stop();
  EXPECT_FALSE(publish.has_warning()) << "nothing was waited for";
  EXPECT_EQ(publish.statistic("dropped"), 4U);
}

TEST_F(PublishMqtt, TakesAUserAndAPassword) {
  folder_.write("passwords", "camera:secret\nreader:read\n");
  ASSERT_EQ(run_program({program("mosquitto_passwd"), "-U", folder_.file("passwords")}).status, 0);
  folder_.write("right", "secret\n");
  folder_.write("wrong", "guess\n");
  Broker broker(folder_,
                "allow_anonymous false\npassword_file " + folder_.file("passwords") + "\n");
  broker.options = {"-u", "reader", "-P", "read"};
  broker.start();
  broker.keep();
  const std::string user = to(broker.address()) + "username=camera ";
  const std::string refuses =
      "The MQTT broker at " + broker.address() + " refuses the connection: ";
  {
    Publish publish(user + "drain-timeout=1 password-file=" + folder_.file("wrong"));
    push(publish, 0, 3);
    EXPECT_TRUE(publish.warning().starts_with(refuses + "user name or password is ")) << "wrong";
    EXPECT_FALSE(publish.connected());
  }
  {
    Publish publish(to(broker.address()) + "drain-timeout=1");
    EXPECT_TRUE(publish.warning().starts_with(refuses + "user name or password is ")) << "none";
  }
  Publish publish(user + "password-file=" + folder_.file("right"));
  push(publish, 0, 3);
  publish.end();
  publish.stop();
  EXPECT_EQ(sequences(messages(broker.read(6))), "0 1 2");
}

TEST_F(PublishMqtt, SpeaksTlsAndShowsACertificate) {
  ASSERT_NO_FATAL_FAILURE(make_certificates("IP:127.0.0.1"));
  Broker broker(folder_, tls_listener() + "require_certificate true\n");
  const auto file = [&](const char *name) { return folder_.file(name); };
  broker.options = {"--cafile",         file("ca.pem"), "--cert",
                    file("client.pem"), "--key",        file("client.key")};
  broker.start();
  broker.keep();
  const std::string certificate =
      "cert-file=" + file("client.pem") + " key-file=" + file("client.key");
  Publish publish(to(broker.address()) + ca() + certificate);
  push(publish, 0, 100);
  publish.end();
  publish.stop();
  EXPECT_EQ(sequences(messages(broker.read(103))), count_to(100));
  // Without one the broker ends the connection.
  Publish none(to(broker.address()) + ca() + "drain-timeout=1");
  EXPECT_NE(none.warning(), "");
  EXPECT_FALSE(none.connected());
}

TEST_F(PublishMqtt, RefusesABrokerThatCannotProveItsName) {
  ASSERT_NO_FATAL_FAILURE(make_certificates("DNS:elsewhere.example", "other"));
  ASSERT_NO_FATAL_FAILURE(make_certificates("DNS:elsewhere.example"));
  Broker broker(folder_, tls_listener());
  broker.start();
  const std::string text = "There is no TLS connection to " + broker.address() +
                           ". Compare ca-file, cert-file and the host's name in its certificate.";
  for (const char *authority : {"ca", "other"}) {
    Publish publish(to(broker.address()) + ca(authority) + "drain-timeout=1");
    push(publish, 0, 3);
    EXPECT_EQ(publish.warning(), text) << authority;
    EXPECT_FALSE(publish.connected());
  }
  Publish publish(to(broker.address()) + ca("other") + "tls-verify=false");
  push(publish, 0, 3);
  publish.end();
  EXPECT_EQ(publish.statistic("sent"), 4U) << "where asked to";
}

}  // namespace
}  // namespace naclip::testing
