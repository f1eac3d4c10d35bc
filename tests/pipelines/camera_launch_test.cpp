// The launch files for cameras, with test pictures in their place.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>

#include "launch.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

constexpr GstClockTime kStep = 50 * GST_MSECOND;
constexpr double kCodecError = 14.0;
constexpr const char *kPlain = "OVERLAY=opacity=1 contours=0 legend=none";

std::string camera(const std::string &pattern, int frames = -1) {
  return "videotestsrc is-live=true pattern=" + pattern + " num-buffers=" + std::to_string(frames) +
         " ! video/x-raw,width=160,height=120,framerate=20/1";
}

std::string into_file(const std::string &path) {
  return "SINK=vp8enc deadline=1 cpu-used=8 keyframe-max-dist=5 ! matroskamux ! filesink "
         "location=" +
         path;
}

void expect_colour(const std::array<double, 3> &colour, const std::array<double, 3> &expected) {
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(colour[c], expected[c], kCodecError);
}

bool is_colour(const std::array<double, 3> &colour, const std::array<double, 3> &expected) {
  for (std::size_t c = 0; c < 3; ++c)
    if (std::abs(colour[c] - expected[c]) > kCodecError) return false;
  return true;
}

std::array<double, 3> colour_of(const Recording &recording, const Frame &frame) {
  return mean_colour(recording, frame, 0, 0, recording.width, recording.height);
}

void expect_ascending(const Recording &recording) {
  for (std::size_t i = 1; i < recording.frames.size(); ++i) {
    EXPECT_GT(recording.frames[i].time, recording.frames[i - 1].time) << "frame " << i;
  }
}

TEST(CameraLaunch, CameraWindowShowsTheAnnotatedPicture) {
  Folder folder;
  Launch launch("camera-window.launch",
                with_tiny_model({"SOURCE=" + camera("blue"), into_file(folder.file("out.mkv")),
                                 "VOCABULARY=thing #ff0000", kPlain}));
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 6)) << launch.output();
  launch.interrupt();
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  const Recording recording = read_recording(folder.file("out.mkv"));
  ASSERT_GE(recording.frames.size(), 4U);
  expect_ascending(recording);
  expect_colour(colour_of(recording, recording.frames.back()), {255, 0, 0});
}

TEST(CameraLaunch, EveryFrameOfACameraIsRecordedThoughTheNetworkIsSlower) {
  Folder folder;
  constexpr std::size_t kFrames = 240;
  // The tiny model at this size, with this much refinement, takes longer than a frame.
  Launch launch(
      "record-camera.launch",
      with_tiny_model({"SOURCE=" + camera("blue", kFrames), "OUTPUT=" + folder.file("out.mkv"),
                       "VOCABULARY=thing #ff0000",
                       "SEGMENT=input-size=768 refine-steps=40 prompts=none carry=off", kPlain}));
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  std::size_t inferred = 0;
  for (std::size_t at = 0;
       (at = launch.output().find("naclip-segmentation", at)) != std::string::npos; ++at) {
    ++inferred;
  }
  EXPECT_GE(inferred, 1U);
  EXPECT_LT(inferred, kFrames / 2);

  const Recording recording = read_recording(folder.file("out.mkv"));
  ASSERT_EQ(recording.frames.size(), kFrames);
  for (std::size_t i = 1; i < kFrames; ++i) {
    EXPECT_NEAR(static_cast<double>(recording.frames[i].time - recording.frames[i - 1].time), kStep,
                2.0 * GST_MSECOND);
  }
}

TEST(CameraLaunch, ARedactedRecordingShowsTheClassInNoFrameAndIsTheOnlyFile) {
  Folder folder;
  run_launch("record-redacted.launch",
             {"SOURCE=" + camera("white", 40), "OUTPUT=" + folder.file("out.mkv"),
              "VOCABULARY=thing", "CLASSES=thing"});
  const Recording recording = read_recording(folder.file("out.mkv"));
  ASSERT_EQ(recording.frames.size(), 40U);
  expect_ascending(recording);
  for (const Frame &frame : recording.frames) expect_colour(colour_of(recording, frame), {0, 0, 0});
  const std::filesystem::directory_iterator files(folder.file(""));
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(CameraLaunch, ARedactedRecordingBeginsCoveredAndShowsWhatIsNotOfTheClass) {
  Folder folder;
  Launch launch("record-redacted.launch",
                with_tiny_model({"SOURCE=" + camera("blue"), "OUTPUT=" + folder.file("out.mkv"),
                                 "VOCABULARY=thing; background: wall", "CLASSES=thing",
                                 "REDACT=max-age=-1",  // the machine may be busy
                                 "SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none "
                                 "threshold=1"}));
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 40)) << launch.output();
  launch.interrupt();
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  const Recording recording = read_recording(folder.file("out.mkv"));
  ASSERT_FALSE(recording.frames.empty());
  expect_colour(colour_of(recording, recording.frames.front()), {0, 0, 0});
  expect_colour(colour_of(recording, recording.frames.back()), {0, 0, 255});
}

TEST(CameraLaunch, MosaicShowsEachCameraInItsQuarterInItsOwnWords) {
  Folder folder;
  Launch launch(
      "mosaic.launch",
      with_tiny_model({"SOURCE_1=" + camera("white"), "SOURCE_2=" + camera("white"),
                       "SOURCE_3=" + camera("white"), "SOURCE_4=" + camera("blue"),
                       "VOCABULARY_1=one #ff0000", "VOCABULARY_2=two #00ff00",
                       "VOCABULARY_3=three #ffff00", "VOCABULARY_4=background: four", "WIDTH=80",
                       "HEIGHT=60", "RATE=20", into_file(folder.file("out.mkv")), kPlain}));
  for (const char *element :
       {"naclipsegment0", "naclipsegment1", "naclipsegment2", "naclipsegment3"}) {
    // Messages of the others meanwhile are read too: each has some more to come.
    ASSERT_TRUE(launch.wait_for(element, 6)) << launch.output();
  }
  launch.interrupt();
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  const Recording recording = read_recording(folder.file("out.mkv"));
  ASSERT_EQ(recording.width, 160);
  ASSERT_EQ(recording.height, 120);
  ASSERT_FALSE(recording.frames.empty());
  expect_ascending(recording);
  // Away from the seams, where chroma at half size mixes both sides. At the end cameras leave one
  // by one, and on a busy machine one may be late.
  const auto shows_all = [&](const Frame &frame) {
    return is_colour(mean_colour(recording, frame, 4, 4, 76, 56), {255, 0, 0}) &&
           is_colour(mean_colour(recording, frame, 84, 4, 156, 56), {0, 255, 0}) &&
           is_colour(mean_colour(recording, frame, 4, 64, 76, 116), {255, 255, 0}) &&
           is_colour(mean_colour(recording, frame, 84, 64, 156, 116), {0, 0, 255});
  };
  EXPECT_TRUE(std::any_of(recording.frames.begin(), recording.frames.end(), shows_all));
}

class Segments : public testing::Test {
 protected:
  /// Records so many frames, 20 to a file, and gives the files that are there in the end, in order.
  std::vector<std::string> record(int frames, const std::string &keep) {
    run_launch("record-segments.launch",
               {"SOURCE=" + camera("blue", frames), "OUTPUT=" + folder_.file("part-%02d.mkv"),
                "SECONDS_EACH=1", "KEEP=" + keep, "VOCABULARY=thing #ff0000", kPlain});
    std::vector<std::string> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder_.file(""))) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  Folder folder_;
};

TEST_F(Segments, EachFilePlaysByItselfAndTogetherTheyHaveEveryFrame) {
  const std::vector<std::string> files = record(70, "0");
  ASSERT_GE(files.size(), 3U);
  std::size_t frames = 0;
  for (const std::string &file : files) {
    EXPECT_TRUE(is_finished_matroska(file)) << file;
    const Recording recording = read_recording(file);
    ASSERT_FALSE(recording.frames.empty()) << file;
    // A second, and what comes before the next key frame.
    EXPECT_LE(recording.frames.size(), 25U) << file;
    expect_ascending(recording);
    frames += recording.frames.size();
    // In the first ones the model may still be loading.
    if (file == files.back()) {
      expect_colour(colour_of(recording, recording.frames.front()), {255, 0, 0});
    }
  }
  EXPECT_EQ(frames, 70U);
}

TEST_F(Segments, OnlySoManyAreKept) {
  const std::vector<std::string> files = record(90, "2");
  ASSERT_EQ(files.size(), 2U);
  std::size_t frames = 0;
  for (const std::string &file : files) {
    EXPECT_TRUE(is_finished_matroska(file)) << file;
    frames += read_times(file).size();
  }
  EXPECT_GE(frames, 20U);
  EXPECT_LE(frames, 50U);
}

}  // namespace
}  // namespace naclip::pipelines
