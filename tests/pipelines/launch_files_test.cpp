// Each launch file does what its comment says.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "annotations.h"
#include "launch.h"
#include "recording.h"
#include "tests/golden_folder.h"

namespace naclip::pipelines {
namespace {

constexpr int kWidth = 160;
constexpr int kHeight = 120;
constexpr std::size_t kFrames = 6;

/// Draws every pixel of the one class in its colour and nothing else.
constexpr const char *kPlain = "OVERLAY=opacity=1 contours=0 legend=none";
constexpr const char *kRed = "VOCABULARY=thing #ff0000";

/// VP8 and chroma at half size change colours by some levels.
constexpr double kCodecError = 14.0;

class LaunchFiles : public testing::Test {
 protected:
  LaunchFiles() : clip_(folder_.file("clip.mkv")) {
    write_clip(clip_, kWidth, kHeight, even_times(kFrames));
  }

  std::string input() const { return "INPUT=" + clip_; }
  std::string output(const std::string &name) const { return "OUTPUT=" + folder_.file(name); }
  Recording result(const std::string &name) const { return read_recording(folder_.file(name)); }

  static void expect_colour(const Recording &recording, const Frame &frame, int left, int right,
                            std::array<double, 3> expected) {
    const auto colour = mean_colour(recording, frame, left, 0, right, recording.height);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(colour[c], expected[c], kCodecError);
  }

  static void expect_times(const Recording &recording, const std::vector<GstClockTime> &times) {
    ASSERT_EQ(recording.frames.size(), times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      EXPECT_EQ(recording.frames[i].time, times[i]) << "frame " << i;
    }
  }

  Folder folder_;
  std::string clip_;
};

TEST_F(LaunchFiles, AnnotateFileKeepsFramesTimesAndSize) {
  run_launch("annotate-file.launch", {input(), output("out.mkv")});
  const Recording annotated = result("out.mkv");
  EXPECT_EQ(annotated.width, kWidth);
  EXPECT_EQ(annotated.height, kHeight);
  ASSERT_NO_FATAL_FAILURE(expect_times(annotated, even_times(kFrames)));
  EXPECT_TRUE(is_finished_matroska(folder_.file("out.mkv")));
}

TEST_F(LaunchFiles, AnnotateFileDrawsTheMaskOverThePicture) {
  run_launch("annotate-file.launch", {input(), output("out.mkv"), kRed, kPlain});
  const Recording annotated = result("out.mkv");
  for (const Frame &frame : annotated.frames) {
    expect_colour(annotated, frame, 0, kWidth, {255, 0, 0});
  }
}

TEST_F(LaunchFiles, AnnotateFileLeavesThePictureAloneWhereTheMaskIsZero) {
  run_launch("annotate-file.launch",
             {input(), output("out.mkv"), "VOCABULARY=background: thing", kPlain});
  const Recording plain = read_recording(clip_);
  const Recording annotated = result("out.mkv");
  ASSERT_EQ(annotated.frames.size(), plain.frames.size());
  for (std::size_t i = 0; i < plain.frames.size(); ++i) {
    EXPECT_LT(difference(plain.frames[i], annotated.frames[i]), kCodecError);
  }
}

TEST_F(LaunchFiles, AnnotateFileReportsEachFramesClasses) {
  const std::string printed = run_launch(
      "annotate-file.launch", {input(), output("out.mkv"), "VOCABULARY=person; grün, green"});
  std::size_t messages = 0;
  for (std::size_t at = 0; (at = printed.find("naclip-segmentation", at)) != std::string::npos;
       ++at) {
    ++messages;
  }
  EXPECT_EQ(messages, kFrames);
}

TEST_F(LaunchFiles, MaskBesidePictureIsTwiceAsWideWithTheMaskOnTheRight) {
  run_launch("mask-beside-picture.launch",
             {input(), output("out.mkv"), "WIDTH=160", "HEIGHT=120", "VOCABULARY=thing #00c000"});
  const Recording plain = read_recording(clip_);
  const Recording beside = result("out.mkv");
  ASSERT_EQ(beside.width, 2 * kWidth);
  ASSERT_EQ(beside.height, kHeight);
  ASSERT_NO_FATAL_FAILURE(expect_times(beside, even_times(kFrames)));
  for (std::size_t i = 0; i < beside.frames.size(); ++i) {
    expect_colour(beside, beside.frames[i], kWidth, 2 * kWidth, {0, 192, 0});
    expect_colour(beside, beside.frames[i], 0, kWidth,
                  mean_colour(plain, plain.frames[i], 0, 0, kWidth, kHeight));
  }
}

TEST_F(LaunchFiles, MatteKeepsThePictureWhereTheClassIs) {
  run_launch("matte-over-background.launch", {input(), output("out.mkv"), "WIDTH=160", "HEIGHT=120",
                                              "VOCABULARY=person", "CLASSES=person"});
  const Recording plain = read_recording(clip_);
  const Recording matte = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(matte, even_times(kFrames)));
  for (std::size_t i = 0; i < plain.frames.size(); ++i) {
    EXPECT_LT(difference(plain.frames[i], matte.frames[i]), kCodecError);
  }
}

TEST_F(LaunchFiles, MatteShowsTheBackgroundWhereTheClassIsNot) {
  run_launch("matte-over-background.launch",
             {input(), output("out.mkv"), "WIDTH=160", "HEIGHT=120",
              "VOCABULARY=person; background: wall", "CLASSES=person",
              "SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none threshold=1",
              "BACKGROUND=videotestsrc num-buffers=1 pattern=blue ! video/x-raw,framerate=1/1"});
  const Recording matte = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(matte, even_times(kFrames)));
  for (const Frame &frame : matte.frames) expect_colour(matte, frame, 0, kWidth, {0, 0, 255});
}

/// Nothing is sure enough to be of a class.
constexpr const char *kUnsure =
    "SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none threshold=1";
constexpr const char *kGreen = "REDACT=mode=fill colour=#00ff00";

TEST_F(LaunchFiles, BlurAllButLeavesTheClassAsItIs) {
  run_launch("blur-all-but.launch",
             {input(), output("out.mkv"), "VOCABULARY=thing", "CLASSES=thing"});
  const Recording plain = read_recording(clip_);
  const Recording blurred = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(blurred, even_times(kFrames)));
  for (std::size_t i = 0; i < plain.frames.size(); ++i)
    EXPECT_LT(difference(plain.frames[i], blurred.frames[i]), kCodecError);
}

TEST_F(LaunchFiles, BlurAllButCoversTheRest) {
  run_launch("blur-all-but.launch",
             {input(), output("out.mkv"), "VOCABULARY=thing; background: wall", "CLASSES=thing",
              kUnsure, kGreen});
  const Recording covered = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(covered, even_times(kFrames)));
  for (const Frame &frame : covered.frames) expect_colour(covered, frame, 0, kWidth, {0, 255, 0});
}

TEST_F(LaunchFiles, BlurAllButCoversAllWhereTheVocabularyLacksTheClass) {
  run_launch("blur-all-but.launch",
             {input(), output("out.mkv"), "VOCABULARY=thing", "CLASSES=giraffe", kGreen});
  const Recording covered = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(covered, even_times(kFrames)));
  for (const Frame &frame : covered.frames) expect_colour(covered, frame, 0, kWidth, {0, 255, 0});
}

bool has_element(const char *name) {
  GstElementFactory *factory = gst_element_factory_find(name);
  if (factory != nullptr) gst_object_unref(factory);
  return factory != nullptr;
}

/// Of boxes.launch, which needs GStreamer 1.26, and 1.28 for all of it.
class Boxes : public LaunchFiles {
 protected:
  void SetUp() override {
    if (!has_element("naclipobjects")) GTEST_SKIP() << "no naclipobjects: it needs GStreamer 1.26";
  }

  /// How far the colours of two frames are apart along the left edge: of red, green and blue the
  /// sum. Which colour a box has depends on its track.
  static double edges_apart(const Recording &one, const Frame &frame, const Recording &other,
                            const Frame &other_frame) {
    const auto colour = mean_colour(one, frame, 0, 0, 1, kHeight);
    const auto other_colour = mean_colour(other, other_frame, 0, 0, 1, kHeight);
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) sum += std::abs(colour[c] - other_colour[c]);
    return sum;
  }

  Recording with_boxes(const std::string &classes) {
    Values values{input(), output("out.mkv"), "VOCABULARY=thing", "CLASSES=" + classes,
                  "BOXES=draw-labels=false"};
    if (!has_element("ioutracker")) values.emplace_back("TRACKER=");
    run_launch("boxes.launch", values);
    return result("out.mkv");
  }
};

TEST_F(Boxes, DrawsOneAroundEachObject) {
  const Recording plain = read_recording(clip_);
  const Recording boxes = with_boxes("thing");
  ASSERT_NO_FATAL_FAILURE(expect_times(boxes, even_times(kFrames)));
  for (std::size_t i = 0; i < plain.frames.size(); ++i) {
    EXPECT_GT(edges_apart(boxes, boxes.frames[i], plain, plain.frames[i]), 3 * kCodecError);
    expect_colour(boxes, boxes.frames[i], 10, kWidth - 10,
                  mean_colour(plain, plain.frames[i], 10, 0, kWidth - 10, kHeight));
  }
}

TEST_F(Boxes, DrawsNoneAroundOtherClasses) {
  const Recording plain = read_recording(clip_);
  const Recording boxes = with_boxes("!thing");
  ASSERT_NO_FATAL_FAILURE(expect_times(boxes, even_times(kFrames)));
  for (std::size_t i = 0; i < plain.frames.size(); ++i)
    EXPECT_LT(difference(plain.frames[i], boxes.frames[i]), kCodecError);
}

TEST_F(LaunchFiles, WatchZonesPrintsEventsAndDrawsZones) {
  const std::string rules = folder_.file("rules.json");
  std::ofstream(rules) << R"([{"name":"full","class":"thing","above":"90%"},
                              {"name":"none","class":"thing","below":"10%"}])";
  const std::string printed =
      run_launch("watch-zones.launch", {input(), output("out.mkv"), kRed, "RULES=" + rules,
                                        "OVERLAY=opacity=0 contours=0 legend=none"});
  EXPECT_NE(printed.find("rule=(string)full, class=(string)thing, zone=(string)picture, "
                         "state=(string)begin"),
            std::string::npos)
      << printed;
  EXPECT_NE(printed.find("state=(string)end"), std::string::npos) << printed;
  EXPECT_EQ(printed.find("rule=(string)none"), std::string::npos) << printed;
  const Recording watched = result("out.mkv");
  ASSERT_NO_FATAL_FAILURE(expect_times(watched, even_times(kFrames)));
  for (const Frame &frame : watched.frames) {
    // The outline of an active zone, along the picture's lower edge.
    const auto edge = mean_colour(watched, frame, 20, kHeight - 2, kWidth - 20, kHeight);
    EXPECT_GT(edge[0], edge[1] + 80);
    EXPECT_GT(edge[0], edge[2] + 80);
  }
}

TEST_F(LaunchFiles, StillToPngWritesOneAnnotatedPicture) {
  run_launch("still-to-png.launch", {input(), output("out.png"), kRed, kPlain});
  const Recording picture = result("out.png");
  ASSERT_EQ(picture.frames.size(), 1U);
  EXPECT_EQ(picture.width, kWidth);
  EXPECT_EQ(picture.height, kHeight);
  // PNG loses nothing; BT.601 in 8 bits does, a little.
  const auto colour = mean_colour(picture, picture.frames[0], 0, 0, kWidth, kHeight);
  EXPECT_NEAR(colour[0], 255, 4);
  EXPECT_NEAR(colour[1], 0, 4);
  EXPECT_NEAR(colour[2], 0, 4);
}

TEST_F(LaunchFiles, PublishSharesWritesALineForEachFrame) {
  run_launch("publish-shares.launch", {input(), output("shares.jsonl"), "VOCABULARY=thing",
                                       "CAMERA=street", "CONTENT=shares+boxes"});
  std::ifstream file(folder_.file("shares.jsonl"));
  std::size_t frames = 0;
  for (std::string line; std::getline(file, line);) {
    EXPECT_TRUE(line.starts_with(R"({"schema":"naclip/1","type":")")) << line;
    EXPECT_NE(line.find(R"("source":"street")"), std::string::npos) << line;
    if (line.find(R"("type":"frame")") == std::string::npos) continue;
    ++frames;
    EXPECT_NE(line.find(R"("label":"thing","share":1,)"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("box":[0,0,160,120])"), std::string::npos) << line;
  }
  EXPECT_EQ(frames, kFrames);
}

/// Of record-annotated.launch.
class RecordAnnotated : public LaunchFiles {
 protected:
  Annotated record(const std::string &words, Values values = {}) {
    values.insert(values.begin(), {input(), output("out.mkv"), "VOCABULARY=" + words});
    run_launch("record-annotated.launch", values);
    EXPECT_TRUE(is_finished_matroska(folder_.file("out.mkv")));
    return read_annotated(folder_.file("out.mkv"));
  }

  static std::string numbered_words(int count) {
    std::string words;
    for (int i = 0; i < count; ++i) words += (i == 0 ? "w" : "; w") + std::to_string(i);
    return words;
  }

  /// What naclipmask makes of the clip.
  std::vector<Labels> labels_of_clip(const std::string &words, const std::string &format) const {
    return labels_of_line(
        "filesrc location=\"" + clip_ +
        "\" ! decodebin ! videoconvert ! naclipsegment model=" + test::data_folder() +
        "/golden/tiny-openai.safetensors input-size=64 window-size=0 refine-steps=2 "
        "refine-dilations=1,2 prompts=none vocabulary=\"" +
        words + "\" ! naclipmask ! video/x-raw,format=" + format);
  }

  static void expect_same(const std::vector<Labels> &some, const std::vector<Labels> &others) {
    ASSERT_EQ(some.size(), others.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
      EXPECT_EQ(some[i].width, kWidth);
      EXPECT_EQ(some[i].height, kHeight);
      EXPECT_TRUE(some[i].pixels == others[i].pixels) << "frame " << i;
    }
  }
};

TEST_F(RecordAnnotated, TracksAreInStepAndTheMasksAreWithoutLoss) {
  const std::string words = numbered_words(40);
  const Annotated recording = record(words);
  ASSERT_NO_FATAL_FAILURE(expect_in_sync(recording));
  EXPECT_EQ(recording.pictures, even_times(kFrames));
  EXPECT_EQ(recording.label_format, "GRAY8");
  ASSERT_NO_FATAL_FAILURE(expect_same(recording.labels, labels_of_clip(words, "GRAY8")));
  // One class alone everywhere would prove little.
  const auto &pixels = recording.labels.front().pixels;
  EXPECT_NE(std::set<std::uint16_t>(pixels.begin(), pixels.end()).size(), 1U);
  EXPECT_EQ(recording.of_type("vocabulary").size(), 1U);
}

TEST_F(RecordAnnotated, MoreThan255ClassesAreGray16) {
  const std::string words = numbered_words(300);
  const Annotated recording = record(words, {"LABELS=GRAY16_LE"});
  ASSERT_NO_FATAL_FAILURE(expect_in_sync(recording));
  EXPECT_EQ(recording.label_format, "GRAY16_LE");
  ASSERT_NO_FATAL_FAILURE(expect_same(recording.labels, labels_of_clip(words, "GRAY16_LE")));
}

TEST_F(RecordAnnotated, ThePictureIsPlainOrDrawnAndTheFirstTrack) {
  record("thing #ff0000");
  const Recording plain = read_recording(clip_);
  const Recording recorded = result("out.mkv");
  ASSERT_EQ(recorded.frames.size(), plain.frames.size());
  for (std::size_t i = 0; i < plain.frames.size(); ++i)
    EXPECT_LT(difference(plain.frames[i], recorded.frames[i]), kCodecError);
  record("thing #ff0000", {"DRAW=yes", kPlain});
  const Recording drawn = result("out.mkv");
  for (const Frame &frame : drawn.frames) expect_colour(drawn, frame, 0, kWidth, {255, 0, 0});
}

}  // namespace
}  // namespace naclip::pipelines
