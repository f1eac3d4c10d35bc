// The page of naclip-live: its interface, who may use it, and viewers that do not read.
#include <gtest/gtest.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include <memory>

#include "live.h"

namespace naclip::pipelines {
namespace {

constexpr const char *kJson = "application/json";

struct Answer {
  guint status = 0;
  std::string text;
  std::string type;
  std::string header;  ///< the one that was asked for
};

struct Asked {
  std::string path;
  std::string method = "GET";
  std::string body = "";
  std::string type = kJson;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string wanted_header = "";
};

std::string header_of(SoupMessageHeaders *headers, const std::string &name) {
  const char *value = name.empty() ? nullptr : soup_message_headers_get_one(headers, name.c_str());
  return value ? value : "";
}

/// naclip-live with its page.
class LivePage {
 public:
  explicit LivePage(std::vector<std::string> options = {}, const std::string &web = "0")
      : live_(with_defaults(std::move(options), web)), session_(soup_session_new()) {
    soup_session_set_timeout(session_, 60);
    EXPECT_TRUE(live_.wait_for("page at ")) << live_.output();
    const std::string line = live_.line();
    address_ = line.substr(line.find("http"));
    address_ = address_.substr(0, address_.find('/', std::string("https://").size()));
  }
  ~LivePage() {
    soup_session_abort(session_);
    g_object_unref(session_);
  }
  LivePage(const LivePage &) = delete;
  LivePage &operator=(const LivePage &) = delete;

  LiveProgram &program() { return live_; }
  const std::string &address() const { return address_; }
  guint16 port() const {
    return static_cast<guint16>(std::stoi(address_.substr(address_.rfind(':') + 1)));
  }

  Answer ask(const Asked &asked) {
    g_autoptr(SoupMessage) message =
        soup_message_new(asked.method.c_str(), (address_ + asked.path).c_str());
    for (const auto &[name, value] : asked.headers) {
      soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(),
                                   value.c_str());
    }
    if (!asked.body.empty()) {
      g_autoptr(GBytes) body = g_bytes_new(asked.body.data(), asked.body.size());
      soup_message_set_request_body_from_bytes(message, asked.type.c_str(), body);
    }
    // Nobody has signed the tests' certificate.
    g_signal_connect(message, "accept-certificate", G_CALLBACK(+[] { return TRUE; }), nullptr);
    g_autoptr(GError) error = nullptr;
    g_autoptr(GBytes) body = soup_session_send_and_read(session_, message, nullptr, &error);
    if (!body) return {0, error->message};
    gsize size = 0;
    const auto *data = static_cast<const char *>(g_bytes_get_data(body, &size));
    SoupMessageHeaders *headers = soup_message_get_response_headers(message);
    return {soup_message_get_status(message), data ? std::string(data, size) : "",
            header_of(headers, "Content-Type"), header_of(headers, asked.wanted_header)};
  }
  Answer get(const std::string &path) { return ask({path}); }

  /// Asks again and again until the answer holds a text.
  bool wait_for(const std::string &path, const std::string &text) {
    const gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end) {
      if (get(path).text.find(text) != std::string::npos) return true;
      g_usleep(G_USEC_PER_SEC / 10);
    }
    return false;
  }

 private:
  static std::vector<std::string> with_defaults(std::vector<std::string> options,
                                                const std::string &web) {
    for (const char *one : {"--source", "test:red", "--size", "160x120", "--rate", "20", "--status",
                            "0.2", "--vocabulary", "thing #ff0000; stuff, other", "--web"}) {
      options.emplace_back(one);
    }
    options.push_back(web);
    return options;
  }

  LiveProgram live_;
  SoupSession *session_;
  std::string address_;
};

/// What an answer's text holds, as one line: {"a": [1]} -> {"a":[1]}.
std::string member(const Answer &answer, const char *name) {
  g_autoptr(JsonParser) parser = json_parser_new();
  if (!json_parser_load_from_data(parser, answer.text.c_str(), -1, nullptr)) return "no JSON";
  JsonObject *object = json_node_get_object(json_parser_get_root(parser));
  if (!object || !json_object_has_member(object, name)) return "no member";
  g_autofree char *text = json_to_string(json_object_get_member(object, name), FALSE);
  return text;
}

/// Listens to the WebSocket for as long as it is told.
class Listener {
 public:
  explicit Listener(LivePage &page, const std::string &cookie = "") : session_(soup_session_new()) {
    g_autoptr(SoupMessage) message =
        soup_message_new("GET", ("ws" + page.address().substr(4) + "/api/v1/messages").c_str());
    if (!cookie.empty()) {
      soup_message_headers_replace(soup_message_get_request_headers(message), "Cookie",
                                   cookie.c_str());
    }
    bool done = false;
    std::pair<Listener *, bool *> task{this, &done};
    soup_session_websocket_connect_async(
        session_, message, nullptr, nullptr, G_PRIORITY_DEFAULT, nullptr,
        [](GObject *session, GAsyncResult *result, gpointer data) {
          const auto &[self, done] = *static_cast<std::pair<Listener *, bool *> *>(data);
          self->connection_ =
              soup_session_websocket_connect_finish(SOUP_SESSION(session), result, nullptr);
          *done = true;
        },
        &task);
    while (!done) g_main_context_iteration(nullptr, TRUE);
    if (!connection_) return;
    soup_websocket_connection_set_max_incoming_payload_size(connection_, 0);
    g_signal_connect(connection_, "message", G_CALLBACK(take), this);
  }
  ~Listener() {
    if (connection_) g_object_unref(connection_);
    soup_session_abort(session_);
    g_object_unref(session_);
    while (g_main_context_iteration(nullptr, FALSE)) continue;
  }
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  bool is_connected() const { return connection_ != nullptr; }
  /// The next message, or one that came before, that holds these texts; empty where none comes.
  std::string wait_for(const std::vector<std::string> &texts) {
    const gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    const guint tick = g_timeout_add(
        100, [](gpointer) -> gboolean { return TRUE; }, nullptr);
    std::string found;
    while (found.empty() && g_get_monotonic_time() < end) {
      for (const std::string &message : messages_) {
        bool holds = true;
        for (const std::string &text : texts) holds &= message.find(text) != std::string::npos;
        if (holds) found = message;
      }
      if (found.empty()) g_main_context_iteration(nullptr, TRUE);
    }
    g_source_remove(tick);
    return found;
  }
  void forget() { messages_.clear(); }

 private:
  static void take(SoupWebsocketConnection *, gint, GBytes *message, gpointer self) {
    gsize size = 0;
    const auto *data = static_cast<const char *>(g_bytes_get_data(message, &size));
    static_cast<Listener *>(self)->messages_.emplace_back(data, size);
  }

  SoupSession *session_;
  SoupWebsocketConnection *connection_ = nullptr;
  std::vector<std::string> messages_;
};

/// What a server says to bytes that no client library would send.
class RawClient {
 public:
  RawClient(const LivePage &page, const std::string &request) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_timeout(client, 60);
    connection_ =
        g_socket_client_connect_to_host(client, "127.0.0.1", page.port(), nullptr, nullptr);
    g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection_)),
                              request.data(), request.size(), nullptr, nullptr, nullptr);
  }
  ~RawClient() { g_object_unref(connection_); }
  RawClient(const RawClient &) = delete;
  RawClient &operator=(const RawClient &) = delete;

  /// Reads until `text` has come `count` times; all that was read.
  std::string read_up_to(const std::string &text, int count = 1) {
    std::string answer;
    while (true) {
      int seen = 0;
      for (auto at = answer.find(text); at != std::string::npos; at = answer.find(text, at + 1))
        ++seen;
      if (seen >= count) return answer;
      std::array<char, 65536> part{};
      const gssize read =
          g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection_)), part.data(),
                              part.size(), nullptr, nullptr);
      if (read <= 0) return answer;
      answer.append(part.data(), static_cast<std::size_t>(read));
    }
  }

 private:
  GSocketConnection *connection_;
};

TEST(LiveWeb, ServesThePageWithNothingOfOtherSites) {
  LivePage page;
  EXPECT_EQ(page.address().find("http://127.0.0.1:"), 0U) << page.address();
  const Answer index = page.ask({.path = "/", .wanted_header = "Content-Security-Policy"});
  EXPECT_EQ(index.status, 200U);
  EXPECT_EQ(index.type, "text/html; charset=utf-8");
  EXPECT_NE(index.text.find("<html"), std::string::npos) << index.text.substr(0, 200);
  EXPECT_NE(index.header.find("default-src 'none'"), std::string::npos) << index.header;
  for (const auto &[name, value] : std::vector<std::pair<std::string, std::string>>{
           {"X-Content-Type-Options", "nosniff"},
           {"X-Frame-Options", "DENY"},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"Cache-Control", "no-store"}}) {
    for (const char *path : {"/", "/api/v1/stats", "/nowhere", "/healthz"})
      EXPECT_EQ(page.ask({.path = path, .wanted_header = name}).header, value) << name << path;
  }
  EXPECT_EQ(page.get("/nowhere").status, 404U);
  EXPECT_EQ(page.get("/../etc/passwd").status, 404U);
  EXPECT_EQ(page.get("/api/v1/openapi.json").status, 200U);
  const Answer wrong = page.ask({"/metrics", "DELETE", "", kJson, {}, "Allow"});
  EXPECT_EQ(wrong.status, 405U);
  EXPECT_EQ(wrong.header, "GET");
}

TEST(LiveWeb, WordsAreReadAndSet) {
  LivePage page;
  Listener listener(page);
  ASSERT_TRUE(page.wait_for("/api/v1/vocabulary", "\"pending\":false")) << page.program().output();
  ASSERT_TRUE(
      page.wait_for("/api/v1/vocabulary", "\"labels\":[\"background\",\"thing\",\"stuff\"]"));
  Answer words = page.get("/api/v1/vocabulary");
  EXPECT_EQ(member(words, "vocabulary"), "\"thing #ff0000; stuff, other\"");
  EXPECT_EQ(member(words, "classes"),
            R"([{"label":"thing","synonyms":["thing"],"colour":"#ff0000","threshold":null},)"
            R"({"label":"stuff","synonyms":["stuff","other"],"colour":null,"threshold":null}])");

  words = page.ask({"/api/v1/vocabulary", "PUT",
                    R"({"classes":[{"label":" car","synonyms":["car","truck "],"threshold":0.25},)"
                    R"({"label":"background","synonyms":["sky"],"colour":"#102030"}]})"});
  EXPECT_EQ(words.status, 200U) << words.text;
  EXPECT_EQ(member(words, "vocabulary"), "\"car >0.25: car, truck; background #102030: sky\"");
  EXPECT_NE(listener.wait_for({R"("type":"words")", "car >0.25"}), "");
  EXPECT_NE(listener.wait_for({R"("type":"vocabulary")", R"(["background","car"])"}), "");
  EXPECT_TRUE(page.wait_for("/api/v1/vocabulary", R"("labels":["background","car"])"));

  for (const char *refused :
       {R"({"vocabulary":""})", R"({"vocabulary":"a; a"})", R"({"vocabulary":7})", "{}", "[]", "{",
        R"({"classes":[]})", R"({"classes":[{"label":""}]})", R"({"classes":[{"label":"a;b"}]})",
        R"({"classes":[{"label":"a: b"}]})", R"({"classes":[{"label":"a","synonyms":["b, c"]}]})",
        R"({"classes":[{"label":"a #ff0000"}]})", R"({"classes":[{"label":"a","colour":"red"}]})",
        R"({"classes":[{"label":"a","threshold":2}]})", R"({"classes":["a"]})",
        "{\"vocabulary\":\"\xff\"}"}) {
    words = page.ask({"/api/v1/vocabulary", "PUT", refused});
    EXPECT_EQ(words.status, 422U) << refused << words.text;
    EXPECT_NE(member(words, "error"), "no member") << refused;
  }
  EXPECT_EQ(member(page.get("/api/v1/vocabulary"), "vocabulary"),
            "\"car >0.25: car, truck; background #102030: sky\"");
}

TEST(LiveWeb, BeginsWithoutWords) {
  LiveProgram live({"--source", "test", "--status", "0.2", "--web", "0"});
  ASSERT_TRUE(live.wait_for("page at ")) << live.output();
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(LiveWeb, PropertiesAreSetAllOrNone) {
  LivePage page;
  Listener listener(page);
  Answer all = page.get("/api/v1/properties");
  EXPECT_NE(
      member(all, "naclipoverlay").find(R"("opacity":{"type":"number","value":0.5,"minimum":0.0)"),
      std::string::npos)
      << all.text;
  EXPECT_NE(member(all, "naclipoverlay").find(R"("legend":{"type":"choice")"), std::string::npos);
  // What names files of this machine, and what cannot change while it plays.
  for (const char *name :
       {"\"vocabulary-file\"", "\"model\"", "\"cache-dir\"", "\"stats\"", "\"name\""})
    EXPECT_EQ(all.text.find(name), std::string::npos) << name;

  const auto put = [&](const std::string &body) {
    return page.ask({"/api/v1/properties", "PUT", body});
  };
  EXPECT_EQ(put(R"({"naclipsegment":{"threshold":0.5,"presence":true},)"
                R"("naclipoverlay":{"opacity":1,"legend":"none","classes":"!thing"}})")
                .status,
            200U);
  EXPECT_NE(listener.wait_for({R"("type":"properties")", R"("value":"!thing")"}), "");
  for (const char *refused :
       {R"({"naclipoverlay":{"opacity":0.25,"contours":-1}})",
        R"({"naclipoverlay":{"opacity":0.25,"nothing":1}})",
        R"({"naclipsegment":{"vocabulary-file":"/etc/passwd"}})",
        R"({"naclipsegment":{"model":"x"}})", R"({"naclipoverlay":{"opacity":0.25},"filesink":{}})",
        R"({"naclipoverlay":{"opacity":[1]}})", R"({"naclipoverlay":{"legend":"middle"}})",
        R"({"naclipoverlay":3})", "[]"}) {
    const Answer answer = put(refused);
    EXPECT_EQ(answer.status, 422U) << refused << answer.text;
  }
  all = page.get("/api/v1/properties");
  EXPECT_NE(all.text.find(R"("opacity":{"type":"number","value":1.0)"), std::string::npos)
      << all.text;
}

TEST(LiveWeb, SaysHowItIsDoing) {
  LivePage page;
  EXPECT_EQ(page.get("/healthz").status, 200U);
  ASSERT_TRUE(page.wait_for("/ready", "true")) << page.program().output();
  Listener listener(page);
  EXPECT_NE(listener.wait_for({R"("type":"status")", R"("messages":1)"}), "");
  const std::string frame = listener.wait_for({R"("type":"frame")", R"("counts")", R"("share")"});
  EXPECT_NE(frame.find(R"("size":[160,120])"), std::string::npos) << frame;
  const Answer stats = page.get("/api/v1/stats");
  EXPECT_EQ(member(stats, "schema"), "\"naclip/1\"");
  EXPECT_EQ(member(stats, "state"), "\"online\"");
  EXPECT_TRUE(page.wait_for("/api/v1/history", R"("thing":0.0)"));
  const Answer metrics = page.get("/metrics");
  EXPECT_EQ(metrics.type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char *line :
       {"\nnaclip_frames_total ", "\nnaclip_class_share{label=\"thing\"} ",
        "\n# TYPE naclip_inference_seconds gauge\n", "\nnaclip_viewers{by=\"messages\"} 1\n"})
    EXPECT_NE(("\n" + metrics.text).find(line), std::string::npos) << line << metrics.text;
  const Answer picture = page.get("/api/v1/snapshot");
  EXPECT_EQ(picture.type, "image/png");
  EXPECT_EQ(picture.text.substr(0, 4), "\x89PNG");
  // Three frames, one after the other.
  RawClient mjpeg(page, "GET /mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string video = mjpeg.read_up_to("\r\n--frame\r\nContent-Type: image/jpeg\r\n", 4);
  EXPECT_NE(video.find("multipart/x-mixed-replace; boundary=frame"), std::string::npos);
  EXPECT_NE(video.find("\r\n\r\n\xff\xd8\xff"), std::string::npos);
  EXPECT_TRUE(page.wait_for("/api/v1/stats", "\"mjpeg\":1"));
}

TEST(LiveWeb, PagesOfOtherSitesAreKeptOut) {
  LivePage page;
  const std::string words = R"({"vocabulary":"evil"})";
  const auto status = [&](const std::vector<std::pair<std::string, std::string>> &headers,
                          const std::string &method = "PUT") {
    return page.ask({"/api/v1/vocabulary", method, method == "PUT" ? words : "", kJson, headers})
        .status;
  };
  EXPECT_EQ(status({{"Host", "evil.example"}}), 421U);
  EXPECT_EQ(status({{"Host", "evil.example"}}, "GET"), 421U);
  EXPECT_EQ(status({{"Host", "127.0.0.1.evil.example:80"}}, "GET"), 421U);
  EXPECT_EQ(status({{"Origin", "http://evil.example"}}), 403U);
  EXPECT_EQ(status({{"Origin", "null"}}), 403U);
  EXPECT_EQ(status({{"Origin", "http://127.0.0.1:1"}}), 403U);
  EXPECT_EQ(status({{"Sec-Fetch-Site", "cross-site"}}, "GET"), 403U);
  EXPECT_EQ(status({{"Sec-Fetch-Site", "same-site"}}, "GET"), 403U);
  EXPECT_EQ(page.ask({"/mjpeg", "GET", "", kJson, {{"Sec-Fetch-Site", "cross-site"}}}).status,
            403U);
  // What a form of another site could send.
  EXPECT_EQ(page.ask({"/api/v1/vocabulary", "PUT", words, "text/plain"}).status, 422U);
  EXPECT_EQ(page.ask({"/whep", "POST", "v=0\r\n", "text/plain"}).status, 415U);
  EXPECT_EQ(member(page.get("/api/v1/vocabulary"), "vocabulary"),
            "\"thing #ff0000; stuff, other\"");
  // A link to it may be followed, and the page may ask.
  EXPECT_EQ(page.ask({"/",
                      "GET",
                      "",
                      kJson,
                      {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}}})
                .status,
            200U);
  EXPECT_EQ(status({{"Origin", page.address()}, {"Sec-Fetch-Site", "same-origin"}}), 200U);
  EXPECT_EQ(status({{"Host", "localhost:" + std::to_string(page.port())}}, "GET"), 200U);

  RawClient socket(
      page,
      "GET /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_EQ(socket.read_up_to("\r\n\r\n").substr(0, 12), "HTTP/1.1 403");
}

TEST(LiveWeb, BodiesAreLimited) {
  LivePage page;
  const std::string path = "/api/v1/vocabulary";
  EXPECT_EQ(page.ask({path, "PUT", R"({"vocabulary":")" + std::string(66000, 'a') + "\"}"}).status,
            413U);
  RawClient endless(
      page,
      "PUT /api/v1/vocabulary HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
  EXPECT_EQ(endless.read_up_to("\r\n\r\n").substr(0, 12), "HTTP/1.1 411");
  EXPECT_EQ(page.get(path).status, 200U);
}

TEST(LiveWeb, RecordingBeginsAndEnds) {
  Folder folder;
  LivePage page({"--record-to", folder.file(""), "--annotations"});
  const auto post = [&](const char *text) { return page.ask({"/api/v1/recording", "POST", text}); };
  ASSERT_TRUE(page.program().wait_for_frames()) << page.program().output();
  EXPECT_EQ(page.get("/api/v1/recording").text, R"({"recording":false,"file":null,"seconds":0.0})");
  const Answer begun = post(R"({"recording":true})");
  EXPECT_EQ(begun.status, 200U) << begun.text;
  EXPECT_NE(begun.text.find(R"({"recording":true,"file":")" + folder.file("")), std::string::npos)
      << begun.text;
  EXPECT_EQ(post(R"({"recording":true})").status, 200U) << "it goes on";
  EXPECT_TRUE(page.wait_for("/api/v1/recording", R"("seconds":1)"));
  const Answer ended = post(R"({"recording":false})");
  EXPECT_EQ(ended.status, 200U) << ended.text;
  EXPECT_NE(ended.text.find(R"({"recording":false,"file":")" + folder.file("")), std::string::npos)
      << ended.text;
  EXPECT_EQ(post(R"({"recording":1})").status, 422U);
  EXPECT_TRUE(page.program().wait_for("recorded " + folder.file("")));
}

/// A file with a token.
std::string token_file(const Folder &folder, const std::string &token) {
  const std::string file = folder.file("token");
  EXPECT_TRUE(g_file_set_contents(file.c_str(), (token + "\n").c_str(), -1, nullptr));
  return file;
}

TEST(LiveWeb, OnlyWhoHasTheTokenIsLetIn) {
  Folder folder;
  const std::string token = "0123456789abcdef";
  LivePage page({"--web-token-file", token_file(folder, token)});
  for (const char *path : {"/api/v1/vocabulary", "/api/v1/properties", "/api/v1/stats",
                           "/api/v1/history", "/api/v1/recording", "/api/v1/snapshot",
                           "/api/v1/openapi.json", "/metrics", "/mjpeg", "/api/v1/messages"}) {
    EXPECT_EQ(page.get(path).status, 401U) << path;
    EXPECT_EQ(
        page.ask({path, "GET", "", kJson, {{"Authorization", "Bearer 0123456789abcdeX"}}}).status,
        401U)
        << path;
  }
  EXPECT_EQ(page.ask({"/whep", "POST", "v=0\r\n", "application/sdp"}).status, 401U);
  EXPECT_EQ(page.ask({"/whep/x", "DELETE"}).status, 401U);
  EXPECT_EQ(page.ask({"/api/v1/vocabulary", "PUT", R"({"vocabulary":"evil"})"}).status, 401U);
  for (const char *path : {"/", "/healthz"}) EXPECT_EQ(page.get(path).status, 200U) << path;
  EXPECT_EQ(page.get("/api/v1/session").text, R"({"required":true,"authenticated":false})");
  EXPECT_FALSE(Listener(page).is_connected());

  EXPECT_EQ(
      page.ask({"/api/v1/stats", "GET", "", kJson, {{"Authorization", "Bearer " + token}}}).status,
      200U);
  EXPECT_EQ(page.ask({"/api/v1/session", "POST", R"({"token":"wrong"})"}).status, 401U);
  const Answer session = page.ask(
      {"/api/v1/session", "POST", R"({"token":")" + token + "\"}", kJson, {}, "Set-Cookie"});
  EXPECT_EQ(session.status, 204U);
  EXPECT_NE(session.header.find("; HttpOnly; SameSite=Strict"), std::string::npos)
      << session.header;
  EXPECT_EQ(session.header.find(token), std::string::npos);
  const std::string cookie = session.header.substr(0, session.header.find(';'));
  EXPECT_EQ(page.ask({"/api/v1/stats", "GET", "", kJson, {{"Cookie", "a=b; " + cookie}}}).status,
            200U);
  EXPECT_EQ(page.ask({"/api/v1/stats", "GET", "", kJson, {{"Cookie", cookie + "0"}}}).status, 401U);
  EXPECT_TRUE(Listener(page, cookie).is_connected());
  const Answer left = page.ask({"/api/v1/session", "DELETE", "", kJson, {}, "Set-Cookie"});
  EXPECT_NE(left.header.find("Max-Age=0"), std::string::npos) << left.status << left.text;
  EXPECT_EQ(page.program().output().find(token), std::string::npos);
}

TEST(LiveWeb, TheNetworkIsLetInOnlyWhereThatIsSaid) {
  {
    LiveProgram live({"--source", "test", "--vocabulary", "a", "--web", "0.0.0.0:0"});
    EXPECT_EQ(live.finish(), 2) << live.output();
    EXPECT_NE(live.output().find("--web-token-file FILE"), std::string::npos) << live.output();
  }
  LivePage page({"--web-insecure"}, "0.0.0.0:0");
  EXPECT_NE(page.program().line().find("anybody can watch"), std::string::npos)
      << page.program().line();
  EXPECT_TRUE(page.program().wait_for("not encrypted"));
  EXPECT_EQ(page.get("/api/v1/stats").status, 200U);
  // Names that others own are no better there, those that were named are.
  EXPECT_EQ(page.ask({"/", "GET", "", kJson, {{"Host", "evil.example"}}}).status, 421U);
  EXPECT_EQ(page.ask({"/", "GET", "", kJson, {{"Host", "192.0.2.1:80"}}}).status, 200U);
  LivePage named({"--web-insecure", "--web-host", "Camera.example"}, "0.0.0.0:0");
  EXPECT_EQ(named.ask({"/", "GET", "", kJson, {{"Host", "camera.example"}}}).status, 200U);
}

TEST(LiveWeb, WithACertificateThePageIsEncrypted) {
  if (!g_tls_backend_supports_tls(g_tls_backend_get_default()))
    GTEST_SKIP() << "GLib has no TLS here (glib-networking)";
  Folder folder;
  const std::string certificate = folder.file("cert.pem"), key = folder.file("key.pem");
  ASSERT_NO_FATAL_FAILURE(make_certificate(certificate, key));
  {
    LiveProgram live(
        {"--source", "test", "--vocabulary", "a", "--web", "0", "--tls-cert", certificate});
    EXPECT_EQ(live.finish(), 1) << live.output();
    EXPECT_NE(live.output().find("no certificate with its key"), std::string::npos)
        << live.output();
  }
  const std::string token = "0123456789abcdef";
  LivePage page(
      {"--tls-cert", certificate, "--tls-key", key, "--web-token-file", token_file(folder, token)});
  ASSERT_EQ(page.address().find("https://127.0.0.1:"), 0U) << page.address();
  EXPECT_EQ(page.get("/healthz").status, 200U);
  const Answer session = page.ask(
      {"/api/v1/session", "POST", R"({"token":")" + token + "\"}", kJson, {}, "Set-Cookie"});
  EXPECT_NE(session.header.find("; Secure"), std::string::npos) << session.header;
}

TEST(LiveWeb, OptionsThatDoNotFitTogetherAreRefused) {
  Folder folder;
  const std::string file = token_file(folder, "short");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--web-insecure"}, "--web, which is missing"},
      {{"--web", "door"}, "--web 8080"},
      {{"--web", "70000"}, "--web 8080"},
      {{"--web", "0", "--web-token-file", file}, "16 characters"},
      {{"--web", "0", "--web-token-file", file, "--web-insecure"}, "not both"},
      {{"--web", "0", "--web-token-file", folder.file("none")}, "No such file"},
      {{"--web", "0", "--tls-key", file}, "--tls-cert"}};
  for (const auto &[options, word] : cases) {
    std::vector<std::string> all{"--source", "test", "--vocabulary", "a"};
    all.insert(all.end(), options.begin(), options.end());
    LiveProgram live(all);
    EXPECT_EQ(live.finish(), 2) << live.output();
    EXPECT_NE(live.output().find(word), std::string::npos) << live.output();
  }
  LivePage page;
  LiveProgram second(
      {"--source", "test", "--vocabulary", "a", "--web", std::to_string(page.port())});
  EXPECT_EQ(second.finish(), 1) << second.output();
  EXPECT_NE(second.output().find("the page cannot be served at"), std::string::npos)
      << second.output();
}

TEST(LiveWeb, ListenersMayLeaveAtOnce) {
  LivePage page;
  ASSERT_TRUE(page.wait_for("/ready", "true")) << page.program().output();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Listener(page).is_connected()) << i;
  EXPECT_TRUE(page.wait_for("/api/v1/stats", R"("messages":0)"));
  page.program().interrupt();
  EXPECT_EQ(page.program().finish(), 0) << page.program().output();
}

TEST(LiveWeb, RequestsMayBeLeftBeforeTheirAnswer) {
  LivePage page;
  ASSERT_TRUE(page.wait_for("/ready", "true")) << page.program().output();
  const std::string offer =
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:waAD\r\n"
      "a=ice-pwd:UFOVDuHzX0nT0dVbk/yQqJPK\r\na=fingerprint:sha-256 "
      "8A:1F:E6:5C:4D:1F:08:9C:62:4F:11:5E:73:F6:8A:5D:93:FC:FD:9F:04:62:1A:29:A3:90:56:88:F9:D5:"
      "02:AE"
      "\r\na=setup:actpass\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
  const Answer answer = page.ask({"/whep", "POST", offer, "application/sdp", {}, "Location"});
  ASSERT_EQ(answer.status, 201U) << answer.text;
  EXPECT_NE(answer.text.find("a=candidate:"), std::string::npos) << answer.text;
  EXPECT_EQ(page.ask({answer.header, "DELETE"}).status, 204U);
  EXPECT_EQ(page.ask({answer.header, "DELETE"}).status, 404U);
  for (const std::string &request :
       {std::string("GET /mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET /api/v1/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/sdp\r\nContent-Length: " +
            std::to_string(offer.size()) + "\r\n\r\n" + offer}) {
    for (int i = 0; i < 20; ++i) RawClient(page, request);
    ASSERT_EQ(page.get("/healthz").status, 200U) << request;
  }
  EXPECT_TRUE(page.wait_for("/api/v1/stats", R"("webrtc":0,"mjpeg":0)"));
  page.program().interrupt();
  EXPECT_EQ(page.program().finish(), 0) << page.program().output();
}

TEST(LiveWeb, WhoDoesNotReadHoldsUpNobody) {
  LivePage page;
  const std::string websocket =
      "GET /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(
        std::make_unique<RawClient>(page, "GET /mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    silent.push_back(std::make_unique<RawClient>(page, websocket));
  }
  ASSERT_TRUE(page.wait_for("/api/v1/stats", R"("mjpeg":10,"messages":10)"));
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(page.program().wait_for_frames()) << page.program().output();
  Listener listener(page);
  EXPECT_NE(listener.wait_for({R"("type":"frame")"}), "");
  EXPECT_TRUE(page.wait_for("/api/v1/vocabulary", "thing"));
  silent.clear();
  ASSERT_TRUE(page.wait_for("/api/v1/stats", R"("mjpeg":0,"messages":1)"));
  page.program().interrupt();
  EXPECT_EQ(page.program().finish(), 0) << page.program().output();
}

}  // namespace
}  // namespace naclip::pipelines
