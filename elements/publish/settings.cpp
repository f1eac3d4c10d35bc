#include "elements/publish/settings.h"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "elements/support/ptr.h"
#include "model/error.h"

namespace naclip {
namespace {

[[noreturn]] void refuse(const std::string &message) {
  throw Error(ErrorKind::kSettings, message);
}

void require_file(const char *property, const std::string &path) {
  if (path.empty() || g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) return;
  throw Error(ErrorKind::kNotFound, "There is no file " + path + ", which " + property + " names.");
}

void require_topic(const PublishSettings &settings) {
  if (settings.topic.empty()) refuse("Set topic, under which messages are sent.");
  if (settings.method == PublishMethod::kMqtt &&
      (settings.topic + settings.camera).find_first_of("+#") != std::string::npos)
    refuse("Neither topic nor source may hold + or #, which MQTT keeps for subscriptions.");
  const auto fits = [](char c) { return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; };
  if (settings.method == PublishMethod::kKafka &&
      !std::all_of(settings.topic.begin(), settings.topic.end(), fits))
    refuse("The topic " + settings.topic + " has to be of letters, digits, . _ and - for Kafka.");
}

void require_tls_files(const PublishSettings &settings) {
  require_file("ca-file", settings.ca_file);
  require_file("cert-file", settings.cert_file);
  require_file("key-file", settings.key_file);
  if (settings.cert_file.empty() != settings.key_file.empty())
    refuse("cert-file and key-file go together: set both or none.");
  if (!settings.cert_file.empty() && settings.ca_file.empty())
    refuse("Set ca-file, too, which turns TLS on, such as /etc/ssl/certs/ca-certificates.crt.");
}

}  // namespace

void require_complete(const PublishSettings &settings) {
  if (settings.method == PublishMethod::kFile) {
    if (settings.location.empty()) refuse("Set location to a file, or to - for standard output.");
    return;
  }
  if (settings.address.empty()) refuse("Set address to the broker's host:port.");
  require_topic(settings);
  require_tls_files(settings);
  if (!settings.password_file.empty() && settings.username.empty())
    refuse("Set username, too, to which password-file belongs.");
}

std::string password_in(const std::string &file) {
  gchar *text = nullptr;
  GError *error = nullptr;
  if (!g_file_get_contents(file.c_str(), &text, nullptr, &error)) {
    const Ptr<GError> owner(error);
    throw Error(ErrorKind::kRead, "The password-file " + file + " cannot be read.", error->message);
  }
  const GCharPtr owner(text);
  const std::string all(text);
  return all.substr(0, all.find_first_of("\r\n"));
}

Address parse_address(const std::string &text, int default_port) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string::npos;
  const std::size_t colon = text.find(':', bracket == std::string::npos ? 0 : bracket);
  Address address{text.substr(0, colon), default_port};
  if (bracket != std::string::npos) address.host = text.substr(1, bracket - 1);
  bool good = !address.host.empty();
  if (colon != std::string::npos) {
    const char *end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    good =
        good && error == std::errc() && stopped == end && address.port > 0 && address.port < 65536;
  }
  if (!good) refuse("The address " + text + " is not host or host:port.");
  return address;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string &text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const GStrvPtr parts(g_strsplit(text.c_str(), ";", -1));
  for (gchar **part = parts.get(); *part != nullptr; ++part) {
    if (*g_strstrip(*part) == '\0') continue;
    gchar *equals = std::strchr(*part, '=');
    if (equals == nullptr || equals == *part)
      refuse("kafka-config: " + std::string(*part) + " is not key=value.");
    *equals = '\0';
    const std::string key = g_strchomp(*part);
    pairs.emplace_back(key, g_strchug(equals + 1));
  }
  return pairs;
}

}  // namespace naclip
