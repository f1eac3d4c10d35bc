// A mosquitto of the test's own on the loopback interface, and what its readers get.
#pragma once

#include <arpa/inet.h>
#include <gio/gio.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/elements/publish/tools.h"

namespace naclip::testing {

/// A socket that listens on the loopback interface. Nobody answers there.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr *>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 5), 0);
    getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(socket_); }
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;
  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

/// A port that nobody listens on.
inline int free_port() {
  return Listener().port();
}

/// Whether somebody listens on a port of the loopback interface.
inline bool is_listening(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool listens = connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
  close(socket);
  return listens;
}

inline std::string program(const std::string &name) {
  for (const char *folder : {"/usr/sbin/", "/usr/bin/"})
    if (g_file_test((folder + name).c_str(), G_FILE_TEST_IS_EXECUTABLE)) return folder + name;
  const GCharPtr found(g_find_program_in_path(name.c_str()));
  return found != nullptr ? found.get() : "";
}

inline bool has_mosquitto() {
  return !program("mosquitto").empty() && !program("mosquitto_sub").empty();
}

/// A broker as a child process, which keeps sessions in a folder when it is stopped. Started anew
/// it has the same port.
class Broker {
 public:
  /// `listener`: further lines of its configuration.
  explicit Broker(const Folder &folder, std::string listener = "allow_anonymous true\n")
      : folder_(folder), listener_(std::move(listener)) {}
  ~Broker() { stop(); }
  Broker(const Broker &) = delete;
  Broker &operator=(const Broker &) = delete;

  /// Starts it. Another program may take the port meanwhile, so several are tried at first.
  void start() {
    for (int attempt = 0; attempt < (port_ == 0 ? 10 : 1); ++attempt) {
      const int port = port_ == 0 ? free_port() : port_;
      spawn(port);
      const bool up = eventually([&] { return is_listening(port) || has_ended(); });
      if (up && !has_ended()) {
        port_ = port;
        return;
      }
      stop();
    }
    FAIL() << "mosquitto does not start";
  }

  /// Ends it, by default in order.
  void stop(int number = SIGTERM) {
    if (process_ == nullptr) return;
    signal(number);
    g_subprocess_wait(G_SUBPROCESS(process_.get()), nullptr, nullptr);
    process_.reset();
  }

  /// Halts it; it does nothing more when this returns.
  void freeze() {
    signal(SIGSTOP);
    const std::string id = g_subprocess_get_identifier(G_SUBPROCESS(process_.get()));
    EXPECT_TRUE(eventually([&] {
      const auto lines = lines_in("/proc/" + id + "/stat");
      return !lines.empty() && lines[0].find(") T ") != std::string::npos;
    }));
  }

  void signal(int number) { g_subprocess_send_signal(G_SUBPROCESS(process_.get()), number); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// Has it keep, from now on, what a reader would get.
  void keep() const {
    const Outcome outcome = run_program(reader({"-E"}));
    EXPECT_EQ(outcome.status, 0) << outcome.printed;
  }

  /// The next `count` messages that were kept, as `RETAINED TOPIC TEXT`; fewer where they do not
  /// come in a minute. Behind them come those that the broker retains.
  std::vector<std::string> read(int count) const {
    const Outcome outcome =
        run_program(reader({"-F", "%r %t %p", "-C", std::to_string(count), "-W", "60"}));
    std::istringstream stream(outcome.printed);
    return lines_of(stream);
  }

  /// Further options of mosquitto_sub, for TLS and users.
  std::vector<std::string> options;
  std::string id = "reader";

 private:
  std::vector<std::string> reader(const std::vector<std::string> &more) const {
    std::vector<std::string> words{program("mosquitto_sub"),
                                   "-h",
                                   "127.0.0.1",
                                   "-p",
                                   std::to_string(port_),
                                   "-c",
                                   "-i",
                                   id,
                                   "-q",
                                   "1",
                                   "-t",
                                   "#"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  bool has_ended() const {
    return g_subprocess_get_identifier(G_SUBPROCESS(process_.get())) == nullptr;
  }

  void spawn(int port) {
    // As root it would become another user, who cannot read the folder.
    folder_.write("mosquitto.conf",
                  "user root\npersistence true\nmax_queued_messages 0\npersistence_location " +
                      folder_.file("") + "\nlistener " + std::to_string(port) + " 127.0.0.1\n" +
                      listener_);
    const Ptr<GObject> launcher(G_OBJECT(g_subprocess_launcher_new(static_cast<GSubprocessFlags>(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE))));
    // It ends with this program, however that ends.
    g_subprocess_launcher_set_child_setup(
        G_SUBPROCESS_LAUNCHER(launcher.get()), [](gpointer) { prctl(PR_SET_PDEATHSIG, SIGKILL); },
        nullptr, nullptr);
    process_.reset(G_OBJECT(g_subprocess_launcher_spawn(
        G_SUBPROCESS_LAUNCHER(launcher.get()), nullptr, program("mosquitto").c_str(), "-c",
        folder_.file("mosquitto.conf").c_str(), nullptr)));
    ASSERT_NE(process_, nullptr);
  }

  const Folder &folder_;
  const std::string listener_;
  Ptr<GObject> process_;
  int port_ = 0;
};

/// The JSON of what Broker::read() gives.
inline std::vector<std::string> texts_of(const std::vector<std::string> &read) {
  std::vector<std::string> texts;
  for (const std::string &line : read) texts.push_back(line.substr(line.find('{')));
  return texts;
}

}  // namespace naclip::testing
