// Messages to an MQTT broker, by libmosquitto.
#include <mosquitto.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <set>
#include <utility>

#include "elements/publish/library.h"
#include "elements/publish/messages.h"
#include "elements/publish/sink.h"
#include "model/error.h"

namespace naclip {
namespace {

using std::chrono::steady_clock;

constexpr int kKeepAlive = 30;  // s; a broker that is silent for longer is taken as gone
constexpr std::chrono::seconds kPatience{10}, kFarewell{1};
constexpr std::size_t kWindow = 20;
constexpr int kNoAnswer = -1;

/// What is used of the library.
struct Mosquitto {
  decltype(mosquitto_lib_init) *lib_init;
  decltype(mosquitto_new) *create;
  decltype(mosquitto_destroy) *destroy;
  decltype(mosquitto_username_pw_set) *set_user;
  decltype(mosquitto_will_set) *set_will;
  decltype(mosquitto_tls_set) *set_tls;
  decltype(mosquitto_tls_opts_set) *set_tls_options;
  decltype(mosquitto_tls_insecure_set) *set_tls_insecure;
  decltype(mosquitto_int_option) *set_option;
  decltype(mosquitto_connect_callback_set) *on_connect;
  decltype(mosquitto_publish_callback_set) *on_publish;
  decltype(mosquitto_log_callback_set) *on_log;
  decltype(mosquitto_connect_async) *connect;
  decltype(mosquitto_disconnect) *disconnect;
  decltype(mosquitto_publish) *publish;
  decltype(mosquitto_loop) *loop;
  decltype(mosquitto_socket) *socket;
  decltype(mosquitto_want_write) *want_write;
  decltype(mosquitto_strerror) *error_text;

  Mosquitto() {
    const Library library("libmosquitto.so.1", "libmosquitto1", "method=mqtt");
    library.find("mosquitto_lib_init", lib_init);
    library.find("mosquitto_new", create);
    library.find("mosquitto_destroy", destroy);
    library.find("mosquitto_username_pw_set", set_user);
    library.find("mosquitto_will_set", set_will);
    library.find("mosquitto_tls_set", set_tls);
    library.find("mosquitto_tls_opts_set", set_tls_options);
    library.find("mosquitto_tls_insecure_set", set_tls_insecure);
    library.find("mosquitto_int_option", set_option);
    library.find("mosquitto_connect_callback_set", on_connect);
    library.find("mosquitto_publish_callback_set", on_publish);
    library.find("mosquitto_log_callback_set", on_log);
    library.find("mosquitto_connect_async", connect);
    library.find("mosquitto_disconnect", disconnect);
    library.find("mosquitto_publish", publish);
    library.find("mosquitto_loop", loop);
    library.find("mosquitto_socket", socket);
    library.find("mosquitto_want_write", want_write);
    library.find("mosquitto_strerror", error_text);
    lib_init();
  }
};

/// Throws Error{kNotFound} where the library is missing.
const Mosquitto &mosquitto_library() {
  static const Mosquitto library;
  return library;
}

const char *text_or_null(const std::string &text) {
  return text.empty() ? nullptr : text.c_str();
}

class MqttSink : public Sink {
 public:
  MqttSink(const PublishSettings &settings, const std::string &source, Waker &waker)
      : settings_(settings),
        source_(source),
        waker_(waker),
        address_(parse_address(settings.address, settings.ca_file.empty() ? 1883 : 8883)),
        broker_(address_.host + ":" + std::to_string(address_.port)) {}
  ~MqttSink() override { release(); }

  void prepare() override {
    library_ = &mosquitto_library();
    if (!settings_.password_file.empty()) password_ = password_in(settings_.password_file);
    create();
  }

  void open() override {
    create();
    check(library_->connect(client_, address_.host.c_str(), address_.port, kKeepAlive));
    const auto until = steady_clock::now() + kPatience;
    while (answer_ == kNoAnswer) {
      if (steady_clock::now() > until || waker_.stopped()) {
        throw network_error("The MQTT broker at " + broker_ + " does not answer.");
      }
      const Watch what = watch();
      waker_.wait(what.file, what.events, std::chrono::milliseconds(200));
      check(library_->loop(client_, 0, 1));
    }
    if (answer_ == 0) return;
    std::string message = "The MQTT broker at " + broker_ + " refuses the connection: ";
    // Of MQTT 3.1.1.
    constexpr const char *kReasons[] = {"it knows no such version of MQTT", "set another client-id",
                                        "it is not available", "user name or password is wrong",
                                        "user name or password is missing, or has no right to it"};
    message += answer_ <= 5 ? kReasons[answer_ - 1] : "code " + std::to_string(answer_);
    throw network_error(message + ".");
  }

  std::size_t window() const override { return kWindow; }

  void send(const Message &message) override {
    int id = 0;
    const int result = library_->publish(client_, &id, topic(message.kind).c_str(),
                                         static_cast<int>(message.text.size()), message.text.data(),
                                         settings_.qos, is_retained(message.kind));
    if (result == MOSQ_ERR_PAYLOAD_SIZE || result == MOSQ_ERR_OVERSIZE_PACKET)
      throw Error(ErrorKind::kWrite, "A message is larger than MQTT allows. Write less content.");
    check(result);
    sent_.push_back(id);
  }

  Watch watch() override {
    Watch watch;
    watch.file = library_->socket(client_);
    watch.events = static_cast<short>(library_->want_write(client_) ? POLLIN | POLLOUT : POLLIN);
    return watch;
  }

  std::size_t serve() override {
    check(library_->loop(client_, 0, 1));
    std::size_t count = 0;
    for (; !sent_.empty() && confirmed_.erase(sent_.front()) > 0; ++count) sent_.pop_front();
    return count;
  }

  void close(const Message &last) noexcept override {
    try {
      send(last);
      const auto until = steady_clock::now() + kFarewell;
      while (!sent_.empty() && steady_clock::now() < until) {
        serve();
        const Watch what = watch();
        pollfd socket{what.file, what.events, 0};
        poll(&socket, 1, 50);
      }
      library_->disconnect(client_);
      library_->loop(client_, 0, 1);
    } catch (const Error &) {
      // The broker is gone and says so in our name, by the last will.
    }
    release();
  }

 private:
  std::string topic(MessageKind kind) const {
    return settings_.topic + "/" + source_ + "/" + name_of(kind);
  }

  void release() {
    if (client_ != nullptr) library_->destroy(client_);
    client_ = nullptr;
  }

  /// A new client: nothing of the connection before is left.
  void create() {
    release();
    sent_.clear();
    confirmed_.clear();
    answer_ = kNoAnswer;
    log_.clear();
    client_ = library_->create(text_or_null(settings_.client_id), true, this);
    if (client_ == nullptr)
      throw Error(ErrorKind::kSettings, "This client-id cannot be used.", std::strerror(errno));
    library_->set_option(client_, MOSQ_OPT_SEND_MAXIMUM, static_cast<int>(kWindow));
    if (!settings_.username.empty())
      require(library_->set_user(client_, settings_.username.c_str(), text_or_null(password_)));
    const std::string will = status_message(source_, false, nullptr);
    require(library_->set_will(client_, topic(MessageKind::kStatus).c_str(),
                               static_cast<int>(will.size()), will.data(), settings_.qos, true));
    if (!settings_.ca_file.empty()) set_tls();
    library_->on_connect(client_, [](mosquitto *, void *self, int answer) {
      static_cast<MqttSink *>(self)->answer_ = answer;
    });
    library_->on_publish(client_, [](mosquitto *, void *self, int id) {
      static_cast<MqttSink *>(self)->confirmed_.insert(id);
    });
    library_->on_log(client_, [](mosquitto *, void *self, int level, const char *text) {
      if (level == MOSQ_LOG_ERR) static_cast<MqttSink *>(self)->log_ = text;
    });
  }

  void set_tls() {
    const std::string &authorities = settings_.ca_file;
    const bool folder = g_file_test(authorities.c_str(), G_FILE_TEST_IS_DIR);
    require(library_->set_tls(
        client_, folder ? nullptr : authorities.c_str(), folder ? authorities.c_str() : nullptr,
        text_or_null(settings_.cert_file), text_or_null(settings_.key_file), nullptr));
    require(library_->set_tls_options(client_, settings_.tls_verify ? 1 : 0, nullptr, nullptr));
    require(library_->set_tls_insecure(client_, !settings_.tls_verify));
  }

  /// Of what is the settings' fault.
  void require(int result) const {
    if (result != MOSQ_ERR_SUCCESS)
      throw Error(ErrorKind::kSettings, "These settings for MQTT cannot be used.",
                  library_->error_text(result));
  }

  Error network_error(const std::string &message) const {
    return {ErrorKind::kNetwork, message, log_};
  }

  /// Of what is the network's.
  void check(int result) {
    const int number = errno;
    if (result == MOSQ_ERR_SUCCESS) return;
    if (answer_ > 0) return;  // it refused us, and open() tells why
    // libmosquitto 2.0.21 tells what TLS finds wrong as an error of the system, 2.0.11 as its own.
    if (result == MOSQ_ERR_TLS || (result == MOSQ_ERR_ERRNO && number == EPROTO))
      throw network_error("There is no TLS connection to " + broker_ +
                          ". Compare ca-file, cert-file and the host's name in its certificate.");
    std::string cause =
        result == MOSQ_ERR_ERRNO ? std::strerror(number) : library_->error_text(result);
    while (!cause.empty() && cause.back() == '.') cause.pop_back();
    throw network_error("The MQTT broker at " + broker_ + " cannot be reached: " + cause + ".");
  }

  const PublishSettings settings_;
  const std::string source_;
  Waker &waker_;
  const Address address_;
  const std::string broker_;
  const Mosquitto *library_ = nullptr;
  std::string password_;
  mosquitto *client_ = nullptr;
  std::deque<int> sent_;     // ids, in order
  std::set<int> confirmed_;  // those of which the one before is not
  int answer_ = kNoAnswer;   // to the request to connect
  std::string log_;          // the library's last word about an error
};

}  // namespace

std::unique_ptr<Sink> make_mqtt_sink(const PublishSettings &settings, const std::string &source,
                                     Waker &waker) {
  return std::make_unique<MqttSink>(settings, source, waker);
}

}  // namespace naclip
