// What goes wrong around live streams: each ends, or goes on, as it should. With the real engine.
#include <filesystem>
#include <random>
#include <thread>

#include "launch.h"
#include "tests/golden_folder.h"
#include "watched_pipeline.h"

namespace naclip::pipelines {
namespace {

class LiveFaults : public ::testing::TestWithParam<const char *> {
 protected:
  static std::string mode() { return std::string("mode=") + GetParam() + " "; }
};
INSTANTIATE_TEST_SUITE_P(Mode, LiveFaults, ::testing::Values("sync", "async"),
                         [](const auto &info) { return std::string(info.param); });

/// A camera of small frames.
std::string camera(const std::string &size = "width=160,height=90") {
  return "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,framerate=60/1," + size +
         " ! ";
}

TEST_P(LiveFaults, CameraThatFallsSilentAndComesBackIsSegmentedAgain) {
  WatchedPipeline pipeline(
      camera() + "tee name=tee ! valve name=valve ! " + tiny_segment(mode()) +
      " ! fakesink name=out sync=false async=false tee. ! fakesink name=all sync=false "
      "async=false");
  pipeline.set(GST_STATE_PLAYING);
  for (int i = 0; i < 3; ++i) {
    pipeline.wait_for_masks(2);
    // Silent for ten frames of the camera.
    struct {
      std::mutex mutex;
      std::condition_variable changed;
      int left = 10;
    } silence;
    pipeline.set_property("valve", "drop", "true");
    GstElement *all = pipeline.get("all");
    GstPad *pad = gst_element_get_static_pad(all, "sink");
    const gulong probe = gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad *, GstPadProbeInfo *, gpointer data) {
          auto &counted = *static_cast<decltype(silence) *>(data);
          const std::lock_guard lock(counted.mutex);
          --counted.left;
          counted.changed.notify_all();
          return GST_PAD_PROBE_OK;
        },
        &silence, nullptr);
    {
      std::unique_lock lock(silence.mutex);
      EXPECT_TRUE(silence.changed.wait_for(lock, std::chrono::seconds(60),
                                           [&] { return silence.left <= 0; }));
    }
    GST_PAD_STREAM_LOCK(pad);  // no probe is running
    gst_pad_remove_probe(pad, probe);
    GST_PAD_STREAM_UNLOCK(pad);
    gst_object_unref(pad);
    gst_object_unref(all);
    pipeline.set_property("valve", "drop", "false");
  }
  pipeline.wait_for_masks(2);
}

TEST_P(LiveFaults, FramesOfAnotherSizeGetMasksOfTheirOwn) {
  WatchedPipeline pipeline(
      "videotestsrc is-live=true ! videoscale ! capsfilter name=caps "
      "caps=video/x-raw,format=I420,width=160,height=90,framerate=60/1 ! " +
      tiny_segment(mode() + "interval=2") + " ! fakesink name=out sync=false");
  pipeline.set(GST_STATE_PLAYING);
  const int widths[] = {96, 160, 64, 320, 33}, heights[] = {128, 90, 64, 100, 99};
  for (int i = 0; i < 10; ++i) {
    pipeline.wait_for_masks(2);
    pipeline.set_property(
        "caps", "caps",
        ("video/x-raw,format=I420,framerate=60/1,width=" + std::to_string(widths[i % 5]) +
         ",height=" + std::to_string(heights[i % 5]))
            .c_str());
    while (pipeline.width() != widths[i % 5] && !::testing::Test::HasFailure())
      pipeline.wait_for_frames(1);
  }
  pipeline.wait_for_masks(2);
}

TEST_P(LiveFaults, AHundredCyclesOfStatesUnderLoad) {
  WatchedPipeline pipeline("videotestsrc ! video/x-raw,format=I420,width=64,height=48 ! " +
                           tiny_segment(mode()) + " ! fakesink name=out");
  for (int i = 0; i < 100; ++i) {
    const int before = pipeline.frames();
    ASSERT_NE(pipeline.set(i % 3 == 0 ? GST_STATE_PAUSED : GST_STATE_PLAYING),
              GST_STATE_CHANGE_FAILURE);
    pipeline.wait_for_frames(1, before);  // paused, there is one alone
    ASSERT_EQ(pipeline.set(i % 2 == 0 ? GST_STATE_NULL : GST_STATE_READY),
              GST_STATE_CHANGE_SUCCESS);
  }
}

TEST_P(LiveFaults, SeekStormsOnAFileLeaveNoOldMask) {
  WatchedPipeline pipeline("filesrc location=" NACLIP_DEMO
                           "/clip.webm ! matroskademux ! queue ! vp9dec ! videoconvert ! " +
                           tiny_segment(mode()) + " ! fakesink name=out sync=true");
  pipeline.set(GST_STATE_PAUSED);
  ASSERT_EQ(pipeline.wait_for_message(GST_MESSAGE_ASYNC_DONE), "async-done");
  std::mt19937 random(5);
  for (int i = 0; i < 100; ++i) {
    const auto target = static_cast<gint64>(random() % 11000) * GST_MSECOND;
    ASSERT_TRUE(gst_element_seek_simple(
        pipeline.pipeline(), GST_FORMAT_TIME,
        static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT), target));
    // Now and then it is let to arrive, else the next one comes into the middle of it.
    if (random() % 4 == 0) {
      ASSERT_EQ(pipeline.wait_for_message(GST_MESSAGE_ASYNC_DONE), "async-done");
    }
    if (random() % 3 == 0) pipeline.set(random() % 2 == 0 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  }
  pipeline.set(GST_STATE_PLAYING);
  pipeline.wait_for_masks(2);
}

/// One black frame and its time.
void push_frame(GstElement *source, int width, int height, GstClockTime pts) {
  GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420", "width",
                                      G_TYPE_INT, width, "height", G_TYPE_INT, height, "framerate",
                                      GST_TYPE_FRACTION, 25, 1, nullptr);
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps);
  GstBuffer *frame = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  gst_buffer_memset(frame, 0, 90, GST_VIDEO_INFO_SIZE(&info));
  GST_BUFFER_PTS(frame) = pts;
  GstSample *sample = gst_sample_new(frame, caps, nullptr, nullptr);
  GstFlowReturn flow = GST_FLOW_OK;
  g_signal_emit_by_name(source, "push-sample", sample, &flow);
  EXPECT_EQ(flow, GST_FLOW_OK);
  gst_sample_unref(sample);
  gst_buffer_unref(frame);
  gst_caps_unref(caps);
}

TEST_P(LiveFaults, OneFrameOf8KAmidSmallOnesPasses) {
  WatchedPipeline pipeline("appsrc name=source is-live=true format=time max-bytes=0 ! " +
                           tiny_segment(mode()) + " ! fakesink name=out sync=false");
  pipeline.set(GST_STATE_PLAYING);
  GstElement *source = pipeline.get("source");
  GstClockTime pts = 0;
  const auto pass = [&](int width, int height) {
    const int before = pipeline.frames();
    push_frame(source, width, height, pts++ * GST_SECOND / 25);
    pipeline.wait_for_frames(1, before);
  };
  for (int i = 0; i < 3; ++i) {
    for (int masks = pipeline.masks(); pipeline.masks() < masks + 2 && !HasFailure();)
      pass(640, 360);
    pass(7680, 4320);
    if (std::string(GetParam()) == "sync") {
      EXPECT_EQ(pipeline.width(), 7680);
    }
  }
  for (int masks = pipeline.masks(); pipeline.masks() < masks + 2 && !HasFailure();) pass(640, 360);
  gst_object_unref(source);
}

TEST_P(LiveFaults, TwoPipelinesTornDownWithABatchInFlight) {
  for (int round = 0; round < 20; ++round) {
    const std::string line =
        camera() + tiny_segment(mode() + "batch-timeout=50") + " ! fakesink name=out sync=false";
    WatchedPipeline one(line), other(line);
    one.set(GST_STATE_PLAYING);
    other.set(GST_STATE_PLAYING);
    one.wait_for_masks(1);
    other.wait_for_masks(1);
    std::thread first([&] { one.set(GST_STATE_NULL); });
    std::thread second([&] { other.set(GST_STATE_NULL); });
    first.join();
    second.join();
  }
}

TEST(LiveFaultsOfModels, ReplacedFileDoesNotDisturbWhoPlays) {
  Folder folder;
  const std::filesystem::path golden = test::data_folder() + "/golden";
  for (const char *name : {"tiny-openai.safetensors", "mini-bpe.txt.gz"})
    std::filesystem::copy_file(golden / name, folder.file(name));
  const std::string of_folder = "model=" + folder.file("tiny-openai.safetensors") +
                                " merges=" + folder.file("mini-bpe.txt.gz") + " mode=async";
  const std::string end = " ! fakesink name=out sync=false";
  WatchedPipeline playing(camera() + tiny_segment(of_folder) + end);
  playing.set(GST_STATE_PLAYING);
  playing.wait_for_masks(2);
  ASSERT_TRUE(
      g_file_set_contents(folder.file("tiny-openai.safetensors").c_str(), "broken", -1, nullptr));
  {
    WatchedPipeline late(camera() + tiny_segment(of_folder) + end);
    late.set(GST_STATE_PLAYING);
    EXPECT_NE(late.wait_for_message(GST_MESSAGE_ERROR), "none")
        << "it must not get the model that is no longer there";
  }
  playing.wait_for_masks(2);
  std::filesystem::copy_file(golden / "tiny-huggingface.safetensors", folder.file("whole"));
  std::filesystem::rename(folder.file("whole"), folder.file("tiny-openai.safetensors"));
  WatchedPipeline late(camera() + tiny_segment(of_folder) + end);
  late.set(GST_STATE_PLAYING);
  late.wait_for_masks(2);
  playing.wait_for_masks(2);
}

TEST(LiveFaultsOfModels, AbsentCudaIsSaidAndDisturbsNobody) {
  if (std::filesystem::exists("/dev/nvidia0")) GTEST_SKIP() << "this machine has a GPU";
  const std::string end = " ! fakesink name=out sync=false";
  WatchedPipeline playing(camera() + tiny_segment("mode=async") + end);
  playing.set(GST_STATE_PLAYING);
  playing.wait_for_masks(1);
  {
    WatchedPipeline wrong(camera() + tiny_segment("mode=async device=cuda") + end);
    wrong.set(GST_STATE_PLAYING);
    const std::string said = wrong.wait_for_message(GST_MESSAGE_ERROR);
    EXPECT_NE(said.find("CUDA"), std::string::npos) << said;
  }
  playing.wait_for_masks(2);
}

}  // namespace
}  // namespace naclip::pipelines
