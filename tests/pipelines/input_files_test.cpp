// Files as users have them: with sound, on their side, or not what they should be.
#include <gtest/gtest.h>

#include <fstream>

#include "launch.h"
#include "recording.h"
#include "tests/golden_folder.h"

namespace naclip::pipelines {
namespace {

/// Draws nothing.
const Values kPlain{"VOCABULARY=background: thing", "OVERLAY=opacity=0 contours=0 legend=none"};

Values operator+(Values values, const Values &more) {
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

/// A sound that ticks once a second, of so many tenths of a second.
std::string ticks(int channels, int tenths) {
  return "audiotestsrc wave=ticks samplesperbuffer=4410 num-buffers=" + std::to_string(tenths) +
         " ! audio/x-raw,rate=44100,channels=" + std::to_string(channels) + " ! audioconvert";
}

class InputFiles : public testing::Test {
 protected:
  std::string file(const std::string &name) const { return folder_.file(name); }
  std::string into(const std::string &name) const { return " ! filesink location=" + file(name); }

  /// Three seconds of a picture and of a sound that ticks once a second.
  void write(const std::string &name, const std::string &muxer, const std::string &picture,
             const std::string &sound, const std::string &more = " ! queue ! muxer.") const {
    std::string line =
        "videotestsrc pattern=smpte num-buffers=30 ! "
        "video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! " +
        picture + " ! queue max-size-time=0 ! " + muxer + " name=muxer" + into(name);
    if (!sound.empty()) line += " " + sound + more;
    run_line(line);
  }
  std::string annotate(const std::string &input, const Values &more = {}) const {
    return run_launch("annotate-file.launch",
                      kPlain + Values{"INPUT=" + file(input), "OUTPUT=" + file("out.mkv")} + more);
  }

  void expect_same_times(const std::string &input) const {
    EXPECT_EQ(read_times(file("out.mkv")), read_times(file(input)));
    EXPECT_TRUE(is_finished_matroska(file("out.mkv")));
    const Sound before = read_sound(file(input)), after = read_sound(file("out.mkv"));
    EXPECT_EQ(after.channels, before.channels);
    const double rate = Sound::kRate;
    EXPECT_NEAR(static_cast<double>(after.begin), static_cast<double>(before.begin),
                5.0 * GST_MSECOND);
    EXPECT_NEAR(static_cast<double>(after.samples.size()) / rate,
                static_cast<double>(before.samples.size()) / rate, 0.06);
    const auto expected = before.onsets(), found = after.onsets();
    ASSERT_GE(expected.size(), 3U);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(found[i]), static_cast<double>(expected[i]),
                  5.0 * GST_MSECOND);
    }
  }

  Folder folder_;
};

/// A container with what goes into it.
struct Container {
  std::string name, muxer, picture, sound;
};

class SoundOf : public InputFiles, public testing::WithParamInterface<Container> {};

TEST_P(SoundOf, AFileIsKeptInStepWithItsPictures) {
  const auto &[name, muxer, picture, sound] = GetParam();
  write("clip", muxer, picture, sound);
  annotate("clip");
  expect_same_times("clip");
}

std::string encoded_ticks(const std::string &encoder) {
  return ticks(2, 30) + " ! " + encoder;
}

// AAC comes from a file: FFmpeg 5.1's encoder reads memory that it has not written, so that its
// sound is noise at times.
INSTANTIATE_TEST_SUITE_P(
    Containers, SoundOf,
    testing::Values(
        Container{"mp4", "qtmux", "jpegenc",
                  "filesrc location=" + test::data_folder() + "/ticks.aac ! aacparse"},
        Container{"vorbis", "webmmux", "vp8enc deadline=1", encoded_ticks("vorbisenc")},
        Container{"opus", "webmmux", "vp8enc deadline=1", encoded_ticks("audioresample ! opusenc")},
        Container{"avi", "avimux", "jpegenc", encoded_ticks("audio/x-raw,format=S16LE")}),
    [](const auto &info) { return info.param.name; });

TEST_F(InputFiles, WithoutSoundAreAnnotatedAllTheSame) {
  write("clip.mp4", "qtmux", "jpegenc", "");
  annotate("clip.mp4");
  EXPECT_EQ(read_times(file("out.mkv")).size(), 30U);
  EXPECT_EQ(read_sound(file("out.mkv")).channels, 0);
}

TEST_F(InputFiles, OfSeveralAudioTracksTheFirstIsKept) {
  const std::string raw = " ! audio/x-raw,format=S16LE ! queue max-size-time=0 ! muxer.";
  write("clip.mkv", "matroskamux", "jpegenc", ticks(1, 30), raw + " " + ticks(2, 30) + raw);
  annotate("clip.mkv");
  expect_same_times("clip.mkv");
  EXPECT_EQ(read_sound(file("out.mkv")).channels, 1);
}

TEST_F(InputFiles, SoundIsLeftOutWhereTheUserSaysSo) {
  write("clip.mkv", "matroskamux", "jpegenc", ticks(2, 30) + " ! audio/x-raw,format=S16LE");
  annotate("clip.mkv", {"SOUND="});
  EXPECT_EQ(read_times(file("out.mkv")).size(), 30U);
  EXPECT_EQ(read_sound(file("out.mkv")).channels, 0);
}

TEST_F(InputFiles, SoundWithoutADecoderIsLeftOutWithAWord) {
  write("clip.mkv", "matroskamux", "jpegenc", ticks(2, 30) + " ! vorbisenc");
  Launch launch("annotate-file.launch",
                with_tiny_model({"INPUT=" + file("clip.mkv"), "OUTPUT=" + file("out.mkv")}),
                {{"GST_PLUGIN_FEATURE_RANK", "vorbisdec:NONE,avdec_vorbis:NONE,ivorbisdec:NONE"}});
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  EXPECT_NE(launch.output().find("a decoder for the sound of"), std::string::npos)
      << launch.output();
  EXPECT_EQ(read_times(file("out.mkv")).size(), 30U);
}

TEST_F(InputFiles, SoundWaitsForASlowPictureHoweverMuchThereIs) {
  // 23 MB of it: more than any queue between the two has room for.
  run_line(
      "videotestsrc num-buffers=60 ! video/x-raw,format=I420,width=32,height=32,framerate=1/1 ! "
      "jpegenc ! queue ! avimux name=muxer" +
      into("long.avi") + " " + ticks(2, 600) +
      " ! audioresample ! audio/x-raw,format=S16LE,rate=96000 ! queue ! muxer.");
  annotate("long.avi", {"SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none ! "
                        "identity sleep-time=20000"});
  expect_same_times("long.avi");
}

TEST_F(InputFiles, ThatCannotBeReadLeaveTheOutputAsItWas) {
  std::ofstream(file("text.avi")) << std::string(5000, 'x');
  run_line(ticks(2, 10) + " ! vorbisenc ! oggmux" + into("sound.ogg"));
  for (const char *name : {"none.avi", "text.avi", "sound.ogg"}) {
    std::ofstream(file("out.mkv")) << "precious";
    Launch launch("annotate-file.launch",
                  with_tiny_model({"INPUT=" + file(name), "OUTPUT=" + file("out.mkv")}));
    EXPECT_EQ(launch.finish(), 1) << launch.output();
    EXPECT_NE(launch.output().find(name), std::string::npos) << launch.output();
    std::string kept;
    std::ifstream(file("out.mkv")) >> kept;
    EXPECT_EQ(kept, "precious") << name;
  }
}

TEST_F(InputFiles, AreNotOverwritten) {
  write("clip.mkv", "matroskamux", "jpegenc", "");
  Launch launch("annotate-file.launch",
                with_tiny_model({"INPUT=" + file("clip.mkv"), "OUTPUT=" + file("clip.mkv")}));
  EXPECT_EQ(launch.finish(), 1) << launch.output();
  EXPECT_EQ(read_times(file("clip.mkv")).size(), 30U);
}

class Turned : public InputFiles {
 protected:
  Turned() {
    write("clip.mp4", "qtmux", "jpegenc", "");
    turn_clockwise(file("clip.mp4"));
  }

  /// The test picture has a grey bar on its left and a blue one on its right: turned clockwise,
  /// above and below.
  static void expect_upright(const Recording &picture) {
    ASSERT_EQ(picture.height, 160);
    const auto above = mean_colour(picture, picture.frames.at(0), 50, 4, 110, 18);
    const auto below = mean_colour(picture, picture.frames.at(0), 50, 142, 110, 156);
    for (const double component : above) EXPECT_GT(component, 170);
    EXPECT_LT(below[0], 50);
    EXPECT_GT(below[2], 170);
  }
};

TEST_F(Turned, VideoIsAnnotatedUpright) {
  annotate("clip.mp4");
  expect_upright(read_recording(file("out.mkv")));
}

TEST_F(Turned, VideoGivesUprightMasks) {
  std::ofstream(file("words.txt")) << "thing\n";
  run_launch("record-masks.launch", {"INPUT=" + file("clip.mp4"), "OUTPUT=" + file("out.mkv"),
                                     "VOCABULARY_FILE=" + file("words.txt")});
  const Recording masks = read_recording(file("out.mkv"));
  EXPECT_EQ(masks.width, 120);
  EXPECT_EQ(masks.height, 160);
}

TEST_F(Turned, VideoStandsUprightBesideItsMask) {
  run_launch("mask-beside-picture.launch",
             {"INPUT=" + file("clip.mp4"), "OUTPUT=" + file("out.mkv"), "WIDTH=120", "HEIGHT=160",
              "VOCABULARY=thing"});
  expect_upright(read_recording(file("out.mkv")));
}

TEST_F(Turned, PhotographIsAnnotatedUpright) {
  run_line(
      "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=160,height=120 ! jpegenc ! "
      "taginject tags=\"image-orientation=rotate-90\" ! jifmux" +
      into("photograph.jpg"));
  run_launch("still-to-png.launch",
             kPlain + Values{"INPUT=" + file("photograph.jpg"), "OUTPUT=" + file("out.png")});
  expect_upright(read_recording(file("out.png")));
}

}  // namespace
}  // namespace naclip::pipelines
