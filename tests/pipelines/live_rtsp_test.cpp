// naclip-live with RTSP: a camera that breaks and comes back, and viewers.
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <memory>

#include "launch.h"
#include "live.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

/// A camera in a process of its own.
class CameraProgram {
 public:
  explicit CameraProgram(const std::string &pattern, const std::string &port = "0")
      : process_({NACLIP_RTSP_CAMERA, port, pattern}, {}) {
    EXPECT_TRUE(process_.wait_for("rtsp://")) << process_.output();
    address_ = process_.line();
  }

  const std::string &address() const { return address_; }
  std::string port() const {
    const auto colon = address_.rfind(':');
    return address_.substr(colon + 1, address_.find('/', colon) - colon - 1);
  }
  void kill() {
    process_.kill();
    process_.finish();
  }

 private:
  Process process_;
  std::string address_;
};

/// Somebody who watches a stream.
class Viewer {
 public:
  /// `settings`: further properties of rtspsrc.
  explicit Viewer(const std::string &address, const std::string &settings = "") {
    const std::string line = "rtspsrc protocols=tcp latency=20 location=" + address + " " +
                             settings +
                             " ! decodebin ! videoconvert ! video/x-raw,format=RGB "
                             "! appsink name=sink sync=false";
    pipeline_ = gst_parse_launch(line.c_str(), nullptr);
    sink_ = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  }
  ~Viewer() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(sink_);
    gst_object_unref(pipeline_);
  }
  Viewer(const Viewer &) = delete;
  Viewer &operator=(const Viewer &) = delete;

  /// Looks at the next frames, which are all of one colour and come in order.
  void expect_frames(int count, std::array<double, 3> colour) {
    GstClockTime last = GST_CLOCK_TIME_NONE;
    for (int i = 0; i < count; ++i) {
      g_autoptr(GstSample) sample = gst_app_sink_pull_sample(GST_APP_SINK(sink_));
      ASSERT_NE(sample, nullptr) << "after " << i << " frames";
      GstBuffer *buffer = gst_sample_get_buffer(sample);
      if (i > 0) {
        EXPECT_GT(GST_BUFFER_PTS(buffer), last);
      }
      last = GST_BUFFER_PTS(buffer);
      std::array<guint8, 3> pixel{};
      ASSERT_EQ(gst_buffer_extract(buffer, 3 * (160 * 60 + 80), pixel.data(), 3), 3U);
      for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(pixel[c], colour[c], 16) << "frame " << i;
    }
  }

  /// Waits for an error. Whether the server wants to know who this is.
  bool is_turned_away() {
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(
        bus, 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
    if (!message || GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return false;
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    return g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  }

 private:
  GstElement *pipeline_;
  GstElement *sink_;
};

/// What a server answers to a request for this address without any credentials.
std::string answer_to_a_stranger(const std::string &address) {
  const auto begin = address.find("://") + 3;
  const std::string host = address.substr(begin, address.find('/', begin) - begin);
  g_autoptr(GSocketClient) client = g_socket_client_new();
  g_socket_client_set_timeout(client, 60);
  g_autoptr(GSocketConnection) connection =
      g_socket_client_connect_to_host(client, host.c_str(), 554, nullptr, nullptr);
  if (!connection) return "no connection";
  const std::string request = "DESCRIBE " + address + " RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  GIOStream *stream = G_IO_STREAM(connection);
  g_output_stream_write_all(g_io_stream_get_output_stream(stream), request.data(), request.size(),
                            nullptr, nullptr, nullptr);
  std::string answer;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    std::array<char, 512> part{};
    const gssize read = g_input_stream_read(g_io_stream_get_input_stream(stream), part.data(),
                                            part.size(), nullptr, nullptr);
    if (read <= 0) break;
    answer.append(part.data(), static_cast<std::size_t>(read));
  }
  return answer;
}

/// Where naclip-live says that it serves.
std::string served_at(LiveProgram &live) {
  EXPECT_TRUE(live.wait_for("served at ")) << live.output();
  const std::string address = live.line().substr(live.line().find("rtsp"));
  return address.substr(0, address.find(','));
}

/// A port that was free a moment ago.
std::string free_port() {
  g_autoptr(GSocketListener) listener = g_socket_listener_new();
  const guint16 port = g_socket_listener_add_any_inet_port(listener, nullptr, nullptr);
  g_socket_listener_close(listener);
  return std::to_string(port);
}

const std::vector<std::string> kPictureAlone{"--vocabulary", "background: thing", "--overlay",
                                             "legend=none",  "--status",          "0.2"};

std::vector<std::string> with_picture_alone(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), kPictureAlone.begin(), kPictureAlone.end());
  return arguments;
}

TEST(LiveRtsp, ACameraThatIsKilledAndComesBackGoesOnInTheSameFile) {
  Folder folder;
  const std::string path = folder.file("out.mkv");
  CameraProgram red("red");
  LiveProgram live(with_picture_alone({"--source", red.address(), "--output", path}));
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  red.kill();
  ASSERT_TRUE(live.wait_for("trying again in 1 s")) << live.output();
  ASSERT_TRUE(live.wait_for("trying again in 2 s")) << live.output();
  EXPECT_NE(live.line().find("is the server on"), std::string::npos) << live.line();
  CameraProgram blue("blue", red.port());
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  // What breaks next is a new case: the pauses begin anew.
  blue.kill();
  ASSERT_TRUE(live.wait_for("trying again in 1 s")) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();

  EXPECT_TRUE(is_finished_matroska(path));
  const Recording recording = read_recording(path);
  ASSERT_GE(recording.frames.size(), 4U);
  const auto colour = [&](const Frame &frame) {
    return mean_colour(recording, frame, 0, 0, recording.width, recording.height);
  };
  EXPECT_GT(colour(recording.frames.front())[0], 200);
  EXPECT_GT(colour(recording.frames.back())[2], 200);
  GstClockTime longest = 0;
  for (std::size_t i = 1; i < recording.frames.size(); ++i) {
    ASSERT_GT(recording.frames[i].time, recording.frames[i - 1].time) << "frame " << i;
    longest = std::max(longest, recording.frames[i].time - recording.frames[i - 1].time);
  }
  // The time without a camera is there: two pauses of 1 and 2 seconds.
  EXPECT_GE(longest, 2 * GST_SECOND);
}

TEST(LiveRtsp, AnAddressWithoutACameraIsSaidAndEndsIt) {
  LiveProgram live(
      with_picture_alone({"--source", "rtsp://me:secret@127.0.0.1:" + free_port() + "/camera"}));
  EXPECT_EQ(live.finish(), 1) << live.output();
  EXPECT_NE(live.output().find("is the server on, and are address, port and path right?"),
            std::string::npos)
      << live.output();
  EXPECT_EQ(live.output().find("secret"), std::string::npos) << live.output();
}

TEST(LiveRtsp, WithWaitTheCameraMayComeLater) {
  const std::string port = free_port();
  LiveProgram live(
      with_picture_alone({"--source", "rtsp://127.0.0.1:" + port + "/camera", "--wait"}));
  ASSERT_TRUE(live.wait_for("trying again in 1 s")) << live.output();
  CameraProgram camera("red", port);
  EXPECT_TRUE(live.wait_for_frames()) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(LiveRtsp, ViewersSeeTheAnnotatedPictureAndComeAndGo) {
  LiveProgram live({"--source", "test:blue", "--size", "160x120", "--rate", "20", "--status", "0.2",
                    "--serve", "0", "--vocabulary", "thing #ff0000", "--overlay", "opacity=1",
                    "--overlay", "contours=0", "--overlay", "legend=none"});
  const std::string address = served_at(live);
  EXPECT_NE(address.find("rtsp://127.0.0.1:"), std::string::npos);
  EXPECT_TRUE(address.ends_with("/live"));
  // The first frames, of the time in which the model is loaded, have no mask.
  ASSERT_TRUE(live.wait_for("thing 100 %", 2)) << live.output();
  {
    Viewer first(address);
    ASSERT_NO_FATAL_FAILURE(first.expect_frames(8, {255, 0, 0}));
    Viewer second(address);
    ASSERT_NO_FATAL_FAILURE(second.expect_frames(8, {255, 0, 0}));
    ASSERT_NO_FATAL_FAILURE(first.expect_frames(8, {255, 0, 0}));
  }
  live.type("stuff #00ff00");
  ASSERT_TRUE(live.wait_for("stuff 100 %", 2)) << live.output();
  Viewer third(address);
  ASSERT_NO_FATAL_FAILURE(third.expect_frames(8, {0, 255, 0}));
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

/// naclip-live that serves red pictures with these options.
std::vector<std::string> serving(std::vector<std::string> options) {
  options.insert(options.end(), {"--source", "test:red", "--size", "160x120", "--rate", "20"});
  return with_picture_alone(options);
}

constexpr std::array<double, 3> kRed{255, 0, 0};

TEST(LiveRtsp, OnlyWhoKnowsThePasswordWatches) {
  Folder folder;
  const std::string file = folder.file("password");
  ASSERT_TRUE(g_file_set_contents(file.c_str(), "open sesame\nnot this\n", -1, nullptr));
  LiveProgram live(serving({"--serve", "0", "--serve-user", "me", "--serve-password-file", file}));
  const std::string address = served_at(live);
  EXPECT_TRUE(live.line().ends_with(", to me")) << live.line();
  const std::string answer = answer_to_a_stranger(address);
  EXPECT_TRUE(answer.starts_with("RTSP/1.0 401")) << answer;
  EXPECT_NE(answer.find("WWW-Authenticate: Digest"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Basic"), std::string::npos) << answer;
  EXPECT_TRUE(Viewer(address).is_turned_away());
  EXPECT_TRUE(Viewer(address, "user-id=me user-pw=sesame").is_turned_away());
  EXPECT_TRUE(Viewer(address, "user-id=you user-pw=\"open sesame\"").is_turned_away());
  Viewer viewer(address, "user-id=me user-pw=\"open sesame\"");
  ASSERT_NO_FATAL_FAILURE(viewer.expect_frames(3, kRed));
  EXPECT_EQ(live.output().find("sesame"), std::string::npos) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(LiveRtsp, TheNetworkIsLetInOnlyWhereThatIsSaid) {
  for (const char *everywhere : {"0.0.0.0:0", "[::]:0"}) {
    LiveProgram live(serving({"--serve", everywhere}));
    EXPECT_EQ(live.finish(), 2) << live.output();
    EXPECT_NE(live.output().find("--serve-user NAME --serve-password-file FILE"), std::string::npos)
        << live.output();
  }
  LiveProgram live(serving({"--serve", "0.0.0.0:0", "--serve-insecure"}));
  const std::string address = served_at(live);
  EXPECT_TRUE(live.line().ends_with(", to everybody in the network")) << live.line();
  Viewer viewer(address);
  ASSERT_NO_FATAL_FAILURE(viewer.expect_frames(3, kRed));
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(LiveRtsp, WithACertificateTheStreamIsEncrypted) {
  if (!g_tls_backend_supports_tls(g_tls_backend_get_default()))
    GTEST_SKIP() << "GLib has no TLS here (glib-networking)";
  Folder folder;
  const std::string certificate = folder.file("cert.pem"), key = folder.file("key.pem");
  ASSERT_NO_FATAL_FAILURE(make_certificate(certificate, key));
  {
    LiveProgram live(serving({"--serve", "0", "--tls-cert", certificate}));
    EXPECT_EQ(live.finish(), 1) << live.output();
    EXPECT_NE(live.output().find("no certificate with its key"), std::string::npos)
        << live.output();
  }
  LiveProgram live(serving({"--serve", "0", "--tls-cert", certificate, "--tls-key", key}));
  const std::string address = served_at(live);
  ASSERT_TRUE(address.starts_with("rtsps://127.0.0.1:")) << address;
  EXPECT_FALSE(answer_to_a_stranger(address).starts_with("RTSP")) << "without encryption";
  // Nobody has signed this certificate.
  Viewer viewer(address, "tls-validation-flags=0");
  ASSERT_NO_FATAL_FAILURE(viewer.expect_frames(3, kRed));
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(LiveRtsp, OptionsThatDoNotFitTogetherAreRefused) {
  Folder folder;
  const std::string empty = folder.file("empty");
  ASSERT_TRUE(g_file_set_contents(empty.c_str(), "\n", -1, nullptr));
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--serve-user", "me"}, "--serve, which is missing"},
      {{"--serve", "0", "--serve-user", "me"}, "go together"},
      {{"--serve", "0", "--serve-user", "me", "--serve-password-file", empty}, "is empty"},
      {{"--serve", "0", "--serve-user", "me", "--serve-password-file", folder.file("none")},
       "No such file"},
      {{"--serve", "0", "--tls-key", empty}, "--tls-cert"}};
  for (const auto &[options, word] : cases) {
    LiveProgram live(serving(options));
    EXPECT_EQ(live.finish(), 2) << live.output();
    EXPECT_NE(live.output().find(word), std::string::npos) << live.output();
  }
}

TEST(LiveRtsp, APortThatIsTakenIsSaid) {
  CameraProgram other("red");
  LiveProgram live(with_picture_alone({"--source", "test", "--serve", other.port()}));
  EXPECT_EQ(live.finish(), 1) << live.output();
  EXPECT_NE(live.output().find("is another program using it"), std::string::npos) << live.output();
}

}  // namespace
}  // namespace naclip::pipelines
