// Messages to a Kafka cluster, by librdkafka.
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdint>
#include <deque>
#include <utility>

#include "elements/publish/library.h"
#include "elements/publish/sink.h"
#include "model/error.h"

namespace naclip {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};
constexpr int kSlice = 500;  // ms, for which a call of the library waits at most
constexpr std::size_t kWindow = 500;

/// What is used of the library.
struct Rdkafka {
  decltype(rd_kafka_conf_new) *conf_new;
  decltype(rd_kafka_conf_destroy) *conf_destroy;
  decltype(rd_kafka_conf_set) *conf_set;
  decltype(rd_kafka_conf_set_opaque) *conf_set_opaque;
  decltype(rd_kafka_conf_set_dr_msg_cb) *conf_set_dr_msg_cb;
  decltype(rd_kafka_conf_set_error_cb) *conf_set_error_cb;
  decltype(rd_kafka_conf_set_log_cb) *conf_set_log_cb;
  decltype(rd_kafka_new) *create;
  decltype(rd_kafka_destroy) *destroy;
  decltype(rd_kafka_topic_new) *topic_new;
  decltype(rd_kafka_topic_destroy) *topic_destroy;
  decltype(rd_kafka_metadata) *metadata;
  decltype(rd_kafka_metadata_destroy) *metadata_destroy;
  decltype(rd_kafka_produce) *produce;
  decltype(rd_kafka_poll) *poll;
  decltype(rd_kafka_flush) *flush;
  decltype(rd_kafka_purge) *purge;
  decltype(rd_kafka_last_error) *last_error;
  decltype(rd_kafka_err2str) *error_text;
  decltype(rd_kafka_queue_get_main) *main_queue;
  decltype(rd_kafka_queue_io_event_enable) *enable_event;
  decltype(rd_kafka_queue_destroy) *queue_destroy;

  Rdkafka() {
    const Library library("librdkafka.so.1", "librdkafka1", "method=kafka");
    library.find("rd_kafka_conf_new", conf_new);
    library.find("rd_kafka_conf_destroy", conf_destroy);
    library.find("rd_kafka_conf_set", conf_set);
    library.find("rd_kafka_conf_set_opaque", conf_set_opaque);
    library.find("rd_kafka_conf_set_dr_msg_cb", conf_set_dr_msg_cb);
    library.find("rd_kafka_conf_set_error_cb", conf_set_error_cb);
    library.find("rd_kafka_conf_set_log_cb", conf_set_log_cb);
    library.find("rd_kafka_new", create);
    library.find("rd_kafka_destroy", destroy);
    library.find("rd_kafka_topic_new", topic_new);
    library.find("rd_kafka_topic_destroy", topic_destroy);
    library.find("rd_kafka_metadata", metadata);
    library.find("rd_kafka_metadata_destroy", metadata_destroy);
    library.find("rd_kafka_produce", produce);
    library.find("rd_kafka_poll", poll);
    library.find("rd_kafka_flush", flush);
    library.find("rd_kafka_purge", purge);
    library.find("rd_kafka_last_error", last_error);
    library.find("rd_kafka_err2str", error_text);
    library.find("rd_kafka_queue_get_main", main_queue);
    library.find("rd_kafka_queue_io_event_enable", enable_event);
    library.find("rd_kafka_queue_destroy", queue_destroy);
  }
};

/// Throws Error{kNotFound} where the library is missing.
const Rdkafka &rdkafka_library() {
  static const Rdkafka library;
  return library;
}

class KafkaSink : public Sink {
 public:
  KafkaSink(const PublishSettings &settings, const std::string &source, Waker &waker)
      : settings_(settings), source_(source), waker_(waker) {}
  ~KafkaSink() override { release(); }

  void prepare() override {
    library_ = &rdkafka_library();
    if (!settings_.password_file.empty()) password_ = password_in(settings_.password_file);
    create();
    release();
  }

  void open() override {
    release();
    error_.clear();
    create();
    const auto until = steady_clock::now() + kPatience;
    while (true) {
      const struct rd_kafka_metadata *metadata = nullptr;
      const auto result = library_->metadata(producer_, 0, topic_, &metadata, kSlice);
      library_->poll(producer_, 0);
      if (result == RD_KAFKA_RESP_ERR_NO_ERROR) {
        library_->metadata_destroy(metadata);
        lost_ = false;
        return;
      }
      if (lost_ || steady_clock::now() > until || waker_.stopped())
        throw network_error("cannot be reached", library_->error_text(result));
    }
  }

  std::size_t window() const override { return kWindow; }

  void send(const Message &message) override {
    // It copies the text and only reads it, whatever the type says.
    if (library_->produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                          const_cast<char *>(message.text.data()), message.text.size(),
                          source_.data(), source_.size(), nullptr) == 0)
      return;
    const auto error = library_->last_error();
    if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) throw too_large();
    throw network_error("takes no messages", library_->error_text(error));
  }

  std::size_t serve() override {
    library_->poll(producer_, 0);
    if (lost_) throw network_error("was lost", "");
    std::size_t count = 0;
    for (; !outcomes_.empty() && outcomes_.front(); ++count) outcomes_.pop_front();
    if (count > 0 || outcomes_.empty()) return count;
    outcomes_.pop_front();
    throw too_large();
  }

  void close(const Message &last) noexcept override {
    try {
      send(last);
      library_->flush(producer_, 1000);
    } catch (const Error &) {
      // Whoever reads will miss it.
    }
    release();
  }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Pairs configuration() const {
    Pairs pairs{{"bootstrap.servers", settings_.address},
                // Keeps messages in order and apart where it sends them again.
                {"enable.idempotence", "true"},
                {"message.timeout.ms", "10000"},
                {"reconnect.backoff.ms", "500"},
                {"log.connection.close", "false"}};
    if (!settings_.client_id.empty()) pairs.emplace_back("client.id", settings_.client_id);
    const bool tls = !settings_.ca_file.empty(), user = !settings_.username.empty();
    if (tls) {
      pairs.emplace_back("ssl.ca.location", settings_.ca_file);
      pairs.emplace_back("enable.ssl.certificate.verification",
                         settings_.tls_verify ? "true" : "false");
      pairs.emplace_back("ssl.endpoint.identification.algorithm",
                         settings_.tls_verify ? "https" : "none");
    }
    if (!settings_.cert_file.empty()) {
      pairs.emplace_back("ssl.certificate.location", settings_.cert_file);
      pairs.emplace_back("ssl.key.location", settings_.key_file);
    }
    if (user) {
      pairs.emplace_back("sasl.mechanisms", "PLAIN");
      pairs.emplace_back("sasl.username", settings_.username);
      pairs.emplace_back("sasl.password", password_);
    }
    if (tls || user)
      pairs.emplace_back("security.protocol", user ? (tls ? "sasl_ssl" : "sasl_plaintext") : "ssl");
    const Pairs own = parse_pairs(settings_.kafka_config);
    pairs.insert(pairs.end(), own.begin(), own.end());
    return pairs;
  }

  void create() {
    rd_kafka_conf_t *conf = library_->conf_new();
    std::array<char, 512> why{};
    for (const auto &[key, value] : configuration()) {
      if (library_->conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size()) ==
          RD_KAFKA_CONF_OK)
        continue;
      library_->conf_destroy(conf);
      throw Error(ErrorKind::kSettings, "librdkafka does not take the value of " + key + ".",
                  why.data());
    }
    library_->conf_set_opaque(conf, this);
    library_->conf_set_dr_msg_cb(conf,
                                 [](rd_kafka_t *, const rd_kafka_message_t *message, void *self) {
                                   static_cast<KafkaSink *>(self)->delivered(message->err);
                                 });
    library_->conf_set_error_cb(conf, [](rd_kafka_t *, int error, const char *text, void *self) {
      static_cast<KafkaSink *>(self)->failed(error, text);
    });
    // What it would print, the error callback tells, too.
    library_->conf_set_log_cb(conf, [](const rd_kafka_t *, int, const char *, const char *) {});
    producer_ = library_->create(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
    if (producer_ == nullptr) {
      library_->conf_destroy(conf);
      throw Error(ErrorKind::kSettings, "librdkafka does not take these settings.", why.data());
    }
    topic_ = library_->topic_new(producer_, settings_.topic.c_str(), nullptr);
    rd_kafka_queue_t *queue = library_->main_queue(producer_);
    static constexpr std::uint64_t kOne = 1;
    library_->enable_event(queue, waker_.file(), &kOne, sizeof kOne);
    library_->queue_destroy(queue);
  }

  /// Messages that are not confirmed are sent again, by another producer.
  void release() {
    if (producer_ == nullptr) return;
    library_->purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    library_->flush(producer_, 0);
    library_->topic_destroy(topic_);
    library_->destroy(producer_);
    producer_ = nullptr;
    outcomes_.clear();
    lost_ = false;
  }

  void delivered(rd_kafka_resp_err_t error) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      // Where one before it failed, it is sent again, too.
      if (!lost_) outcomes_.push_back(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    } else if (error != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
               error != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
      failed(RD_KAFKA_RESP_ERR__FATAL, library_->error_text(error));
    }
  }

  void failed(int error, const char *text) {
    error_ = text;
    switch (error) {
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      case RD_KAFKA_RESP_ERR__SSL:
      case RD_KAFKA_RESP_ERR__FATAL:
        lost_ = true;
        break;
      default:
        break;
    }
  }

  static Error too_large() {
    return {ErrorKind::kWrite,
            "A message is larger than Kafka takes. Write less content, or raise message.max.bytes "
            "in kafka-config and in the cluster."};
  }

  Error network_error(const char *what, const char *cause) const {
    return {ErrorKind::kNetwork, "The Kafka cluster at " + settings_.address + " " + what + ".",
            error_.empty() ? cause : error_};
  }

  const PublishSettings settings_;
  const std::string source_;
  Waker &waker_;
  const Rdkafka *library_ = nullptr;
  std::string password_;
  rd_kafka_t *producer_ = nullptr;
  rd_kafka_topic_t *topic_ = nullptr;
  std::deque<bool> outcomes_;  // of messages in their order: whether they were taken
  bool lost_ = false;
  std::string error_;  // what the library told last
};

}  // namespace

std::unique_ptr<Sink> make_kafka_sink(const PublishSettings &settings, const std::string &source,
                                      Waker &waker) {
  return std::make_unique<KafkaSink>(settings, source, waker);
}

}  // namespace naclip
