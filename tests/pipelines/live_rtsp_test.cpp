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
  explicit Viewer(const std::string &address) {
    const std::string line = "rtspsrc protocols=tcp latency=20 location=" + address +
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

 private:
  GstElement *pipeline_;
  GstElement *sink_;
};

/// Where naclip-live says that it serves.
std::string served_at(LiveProgram &live) {
  EXPECT_TRUE(live.wait_for("served at ")) << live.output();
  return live.line().substr(live.line().find("rtsp://"));
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

TEST(LiveRtsp, APortThatIsTakenIsSaid) {
  CameraProgram other("red");
  LiveProgram live(with_picture_alone({"--source", "test", "--serve", other.port()}));
  EXPECT_EQ(live.finish(), 1) << live.output();
  EXPECT_NE(live.output().find("is another program using it"), std::string::npos) << live.output();
}

}  // namespace
}  // namespace naclip::pipelines
