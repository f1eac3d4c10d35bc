// Settings of naclippublish, and the error where a broker's library is missing.
#include "elements/publish/settings.h"

#include <gtest/gtest.h>

#include "elements/publish/library.h"
#include "tools.h"

namespace naclip::testing {
namespace {

/// The error's text, empty where there is none.
std::string error_with(const std::function<void()> &call) {
  try {
    call();
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

TEST(PublishSettings, AddressesHaveAHostAndMayHaveAPort) {
  EXPECT_EQ(parse_address("broker", 1883).port, 1883);
  EXPECT_EQ(parse_address("broker:1", 1883).port, 1);
  EXPECT_EQ(parse_address("10.0.0.1:65535", 1883).host, "10.0.0.1");
  EXPECT_EQ(parse_address("[::1]:1884", 1883).host, "::1");
  EXPECT_EQ(parse_address("[::1]:1884", 1883).port, 1884);
  EXPECT_EQ(parse_address("[::1]", 1883).port, 1883);
  for (const char *bad : {":1", "broker:", "broker:0", "broker:65536", "broker:1x", "[]:3", ""})
    EXPECT_EQ(error_with([&] { parse_address(bad, 1); }),
              "The address " + std::string(bad) + " is not host or host:port.");
}

TEST(PublishSettings, PairsOfKafka) {
  const auto pairs = parse_pairs("a=b; linger.ms = 5;;c=d=e");
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0], (std::pair<std::string, std::string>{"a", "b"}));
  EXPECT_EQ(pairs[1], (std::pair<std::string, std::string>{"linger.ms", "5"}));
  EXPECT_EQ(pairs[2], (std::pair<std::string, std::string>{"c", "d=e"}));
  EXPECT_TRUE(parse_pairs("").empty());
  EXPECT_EQ(error_with([] { parse_pairs("a=b;c"); }), "kafka-config: c is not key=value.");
}

TEST(PublishSettings, ThePasswordIsTheFirstLine) {
  const Folder folder;
  folder.write("one", "secret\nmore\n");
  folder.write("two", "secret 2");
  folder.write("three", "\r\n");
  EXPECT_EQ(password_in(folder.file("one")), "secret");
  EXPECT_EQ(password_in(folder.file("two")), "secret 2");
  EXPECT_EQ(password_in(folder.file("three")), "");
  EXPECT_EQ(error_with([&] { password_in(folder.file("none")); }),
            "The password-file " + folder.file("none") + " cannot be read.");
}

TEST(PublishSettings, WhatIsMissingIsNamed) {
  const auto error_of = [](const std::function<void(PublishSettings &)> &change) {
    PublishSettings settings;
    settings.method = PublishMethod::kMqtt;
    settings.address = "broker";
    change(settings);
    return error_with([&] { require_complete(settings); });
  };
  EXPECT_EQ(error_of([](auto &) {}), "");
  EXPECT_EQ(error_of([](auto &one) { one.address = ""; }),
            "Set address to the broker's host:port.");
  EXPECT_EQ(error_of([](auto &one) { one.topic = ""; }),
            "Set topic, under which messages are sent.");
  EXPECT_EQ(error_of([](auto &one) { one.camera = "a+b"; }),
            "Neither topic nor source may hold + or #, which MQTT keeps for subscriptions.");
  EXPECT_EQ(error_of([](auto &one) { one.ca_file = "/none.pem"; }),
            "There is no file /none.pem, which ca-file names.");
  EXPECT_EQ(error_of([](auto &one) { one.key_file = "/dev/null"; }),
            "cert-file and key-file go together: set both or none.");
  EXPECT_EQ(error_of([](auto &one) { one.key_file = one.cert_file = "/dev/null"; }),
            "Set ca-file, too, which turns TLS on, such as /etc/ssl/certs/ca-certificates.crt.");
  EXPECT_EQ(error_of([](auto &one) { one.password_file = "/dev/null"; }),
            "Set username, too, to which password-file belongs.");
  EXPECT_EQ(error_of([](auto &one) {
              one.method = PublishMethod::kKafka;
              one.topic = "a/b";
            }),
            "The topic a/b has to be of letters, digits, . _ and - for Kafka.");
  EXPECT_EQ(error_of([](auto &one) {
              one.method = PublishMethod::kFile;
              one.location = "";
            }),
            "Set location to a file, or to - for standard output.");
}

TEST(BrokerLibrary, AnAbsentOneIsNamedWithItsPackage) {
  EXPECT_EQ(error_with([] { Library("libnaclip-absent.so.1", "libabsent1", "method=absent"); }),
            "method=absent needs libnaclip-absent.so.1, which cannot be opened. Install it "
            "(Debian: apt install libabsent1).");
  const Library library("libc.so.6", "libc6", "method=c");
  int (*found)(int) = nullptr;
  library.find("abs", found);
  EXPECT_EQ(found(-3), 3);
  EXPECT_EQ(error_with([&] { library.find("naclip_nowhere", found); }),
            "method=c needs a newer libc.so.6 (Debian: apt install libc6).");
}

}  // namespace
}  // namespace naclip::testing
