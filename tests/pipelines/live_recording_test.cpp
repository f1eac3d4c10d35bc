// naclip-live's recordings: with annotations, on demand, and around events.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "annotations.h"
#include "live.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

using Arguments = std::vector<std::string>;

/// Moving test pictures, most of which are of the class `other`.
Arguments pictures(const Arguments &more) {
  Arguments all{"--source", "test",     "--size", "160x120",      "--rate",
                "20",       "--status", "0.2",    "--vocabulary", "thing; other"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

class LiveRecording : public testing::Test {
 protected:
  Arguments recording_here(const Arguments &more) const {
    Arguments all = pictures({"--record-to", folder_.file("")});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// The folder's files by name.
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto &entry : std::filesystem::directory_iterator(folder_.file("")))
      found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  /// The only one.
  std::string file() const {
    EXPECT_EQ(files().size(), 1U);
    return files().empty() ? "" : files().front();
  }

  Folder folder_;
};

/// Fails where it is none that Recorder has finished.
void expect_whole(const Annotated &recording, const std::string &path) {
  ASSERT_NO_FATAL_FAILURE(expect_in_sync(recording));
  EXPECT_EQ(recording.pictures.front(), 0U);
  EXPECT_TRUE(path.ends_with(".mkv")) << path;
  EXPECT_TRUE(is_finished_matroska(path)) << path;
}

TEST_F(LiveRecording, OutputWithAnnotationsHasTheTracksInStep) {
  LiveProgram live(pictures({"--output", folder_.file("out.mkv"), "--annotations"}));
  ASSERT_TRUE(live.wait_for("other ", 4)) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
  const Annotated recording = read_annotated(folder_.file("out.mkv"));
  ASSERT_NO_FATAL_FAILURE(expect_in_sync(recording));
  EXPECT_EQ(recording.of_type("vocabulary").size(), 1U);
  EXPECT_GE(recording.pictures.size(), 4U) << "one for each status line";
  EXPECT_TRUE(is_finished_matroska(folder_.file("out.mkv")));
}

TEST_F(LiveRecording, AFileWithAnnotationsIsRecordedWholeAtItsTimes) {
  const auto times = even_times(30, 40 * GST_MSECOND);
  write_clip(folder_.file("clip.mkv"), 160, 120, times);
  LiveProgram live({"--source", folder_.file("clip.mkv"), "--vocabulary", "thing; other",
                    "--output", folder_.file("out.mkv"), "--annotations", "--record-plain"});
  EXPECT_EQ(live.finish(), 0) << live.output();
  const Annotated recording = read_annotated(folder_.file("out.mkv"));
  ASSERT_NO_FATAL_FAILURE(expect_in_sync(recording));
  EXPECT_EQ(recording.pictures, times);
}

TEST_F(LiveRecording, TheRecordedPictureIsDrawnUnlessPlain) {
  const auto redness = [&](const Arguments &more) {
    Arguments all{"--source",     "test:black",
                  "--size",       "160x120",
                  "--status",     "0.2",
                  "--vocabulary", "thing #ff0000",
                  "--overlay",    "opacity=1",
                  "--overlay",    "legend=none",
                  "--output",     folder_.file("out.mkv"),
                  "--annotations"};
    all.insert(all.end(), more.begin(), more.end());
    LiveProgram live(all);
    EXPECT_TRUE(live.wait_for("thing 100 %", 2)) << live.output();
    live.interrupt();
    EXPECT_EQ(live.finish(), 0) << live.output();
    const Recording recording = read_recording(folder_.file("out.mkv"));
    return mean_colour(recording, recording.frames.back(), 0, 0, 160, 120)[0];
  };
  EXPECT_GT(redness({}), 200);
  EXPECT_LT(redness({"--record-plain"}), 50);
}

TEST_F(LiveRecording, IsBegunAndEndedWhileItRuns) {
  LiveProgram live(recording_here({"--annotations"}));
  ASSERT_TRUE(live.wait_for("other ", 2)) << live.output();
  live.type(":stop");
  EXPECT_TRUE(live.wait_for("nothing is being recorded")) << live.output();
  live.type(":record");
  ASSERT_TRUE(live.wait_for("recording to ")) << live.output();
  live.type(":record");
  EXPECT_TRUE(live.wait_for("a recording is under way")) << live.output();
  // Lines with shares are of new frames; a stalled camera's has "waiting" there.
  ASSERT_TRUE(live.wait_for("% | recording ", 4)) << live.output();
  live.type(":stop");
  ASSERT_TRUE(live.wait_for("recorded " + folder_.file(""))) << live.output();
  const std::string first = file();
  const Annotated recording = read_annotated(first);
  ASSERT_NO_FATAL_FAILURE(expect_whole(recording, first));
  EXPECT_GE(recording.pictures.size(), 2U) << "the first line's may be from before";
  EXPECT_EQ(recording.of_type("vocabulary").size(), 1U);

  // The second one, which the program's end finishes.
  live.type(":record");
  ASSERT_TRUE(live.wait_for("% | recording ", 3)) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
  ASSERT_EQ(files().size(), 2U);
  for (const std::string &path : files())
    ASSERT_NO_FATAL_FAILURE(expect_whole(read_annotated(path), path));
}

TEST_F(LiveRecording, WithoutAnnotationsIsTheDrawnPictureAlone) {
  LiveProgram live(recording_here({}));
  ASSERT_TRUE(live.wait_for("other ")) << live.output();
  live.type(":record");
  ASSERT_TRUE(live.wait_for("% | recording ", 3)) << live.output();
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_TRUE(is_finished_matroska(file()));
  EXPECT_EQ(read_recording(file()).width, 160);
  std::ifstream bytes(file(), std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(bytes), {}};
  EXPECT_EQ(all.find("naclip masks"), std::string::npos);
}

/// Nothing is of any class until `see` is typed.
void hide(LiveProgram &live) {
  live.type(":set threshold=0.9");
}
void see(LiveProgram &live) {
  live.type(":set threshold=0");
}
Arguments with_rule(const Arguments &more) {
  Arguments all{"--set",       "logit-scale=0.001", "--set",        "threshold=0.9",
                "--record-on", "other above 50%",   "--annotations"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST_F(LiveRecording, AClipBeginsBeforeItsEventAtAKeyframe) {
  LiveProgram live(recording_here(with_rule({"--before", "1", "--after", "0.5"})));
  ASSERT_TRUE(live.wait_for(" fps | inf", 10)) << live.output();
  EXPECT_TRUE(files().empty());
  see(live);
  ASSERT_TRUE(live.wait_for("recording to ")) << live.output();
  ASSERT_TRUE(live.wait_for("other ", 2)) << live.output();
  hide(live);
  // While the stream goes on.
  ASSERT_TRUE(live.wait_for("recorded ")) << live.output();
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  const Annotated clip = read_annotated(file());
  ASSERT_NO_FATAL_FAILURE(expect_whole(clip, file()));
  const auto events = clip.times_of("event");
  const auto texts = clip.of_type("event");
  ASSERT_GE(events.size(), 2U);
  EXPECT_NE(texts.front().find("\"state\":\"begin\""), std::string::npos);
  EXPECT_NE(texts.back().find("\"state\":\"end\""), std::string::npos);
  // Keyframes are 60 frames apart at most; a busy machine has fewer frames a second.
  EXPECT_GE(events.front(), GST_SECOND - GST_MSECOND);
  EXPECT_NEAR(static_cast<double>(integer_at(texts.front(), "pts")),
              static_cast<double>(events.front()), static_cast<double>(GST_MSECOND));
  EXPECT_LE(events.front(), clip.pictures.back());
  EXPECT_GE(clip.pictures.back(), events.back());
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(LiveRecording, EventsOneAfterTheOtherProlongOneClipAndCtrlCFinishesIt) {
  LiveProgram live(recording_here(with_rule({"--before", "0.5", "--after", "3000"})));
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  for (int i = 0; i < 2; ++i) {
    see(live);
    ASSERT_TRUE(live.wait_for("other ", 2)) << live.output();
    hide(live);
    bool hidden = false;
    while (!hidden && live.wait_for_frames())
      hidden = live.line().find("other ") == std::string::npos;
    ASSERT_TRUE(hidden) << live.output();
  }
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_NE(live.output().find("recorded "), std::string::npos) << live.output();
  const Annotated clip = read_annotated(file());
  ASSERT_NO_FATAL_FAILURE(expect_whole(clip, file()));
  int begun = 0;
  for (const std::string &event : clip.of_type("event"))
    begun += event.find("\"state\":\"begin\"") != std::string::npos;
  EXPECT_EQ(begun, 2);
}

TEST_F(LiveRecording, AFilesClipHasItsEvent) {
  const auto times = even_times(60, 40 * GST_MSECOND);
  write_clip(folder_.file("clip.avi"), 160, 120, times);
  const std::string here = folder_.file("");
  LiveProgram live({"--source", folder_.file("clip.avi"), "--vocabulary", "thing", "--record-on",
                    "{\"class\": \"thing\", \"above\": 0.5, \"for\": 1}", "--before", "0.5",
                    "--annotations", "--record-to", here});
  EXPECT_EQ(live.finish(), 0) << live.output();
  std::filesystem::remove(folder_.file("clip.avi"));
  const Annotated clip = read_annotated(file());
  ASSERT_NO_FATAL_FAILURE(expect_whole(clip, file()));
  ASSERT_FALSE(clip.times_of("event").empty());
  EXPECT_GE(clip.times_of("event").front(), GST_SECOND / 2);
  EXPECT_LE(clip.pictures.size(), times.size());
}

TEST_F(LiveRecording, AFolderThatIsGoneIsSaidAndTheStreamGoesOn) {
  const std::string gone = folder_.file("gone");
  std::filesystem::create_directory(gone);
  LiveProgram live(pictures({"--record-to", gone}));
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  std::filesystem::remove(gone);
  live.type(":record");
  EXPECT_TRUE(live.wait_for("nothing can be recorded: ")) << live.output();
  EXPECT_NE(live.line().find(gone), std::string::npos) << live.line();
  EXPECT_TRUE(live.wait_for("other ", 3)) << live.output();
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST_F(LiveRecording, AFullDiskEndsTheRecordingAloneAndWhatIsThereCanBeRead) {
  // A file may have so many KiB.
  Arguments all{"/bin/bash", "-c", "trap '' XFSZ; ulimit -f 300; exec \"$@\"", "bash"};
  const Arguments live_ones = live_arguments(
      {"--source", "test:snow", "--size", "640x480", "--rate", "20", "--status", "0.2",
       "--vocabulary", "thing", "--annotations", "--record-to", folder_.file("")});
  all.insert(all.end(), live_ones.begin(), live_ones.end());
  Process live(all, {}, true);
  ASSERT_TRUE(live.wait_for("thing ")) << live.output();
  live.type(":record");
  ASSERT_TRUE(live.wait_for("recording " + folder_.file(""))) << live.output();
  EXPECT_NE(live.line().find(" failed: "), std::string::npos) << live.line();
  EXPECT_TRUE(live.wait_for("thing ", 3)) << live.output();
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_TRUE(file().ends_with(".mkv"));
  EXPECT_GE(read_recording(file()).frames.size(), 1U);
}

TEST_F(LiveRecording, WhatCannotBeDoneIsSaidBeforeItStarts) {
  const auto said = [&](const Arguments &more, int status) {
    LiveProgram live(recording_here(more));
    EXPECT_EQ(live.finish(), status) << live.output();
    return live.output();
  };
  const auto holds = [](const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(holds(said({"--record-to", "/no/where"}, 2), "there is no folder /no/where"));
  EXPECT_TRUE(holds(said({"--record-on", "person 5%"}, 2), "'person above 5%'"));
  EXPECT_TRUE(holds(said({"--record-on", "{\"class\": 1}"}, 1), "class"));
  EXPECT_TRUE(holds(said({"--record-on", "a above 5%", "--before", "-1"}, 2), "--before"));
  EXPECT_TRUE(holds(said({"--output", "a.webm", "--annotations"}, 2), ".mkv"));
}

}  // namespace
}  // namespace naclip::pipelines
