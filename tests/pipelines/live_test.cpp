// naclip-live with its own test pictures and files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "launch.h"
#include "live.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

constexpr int kWidth = 160;
constexpr int kHeight = 120;
constexpr double kCodecError = 14.0;

using Arguments = std::vector<std::string>;

/// The test pictures at 20 frames a second, every pixel drawn in its class's colour.
Arguments with_pictures(const Arguments &more) {
  Arguments all{"--source",  "test",       "--size",    "160x120",    "--rate",
                "20",        "--status",   "0.2",       "--overlay",  "opacity=1",
                "--overlay", "contours=0", "--overlay", "legend=none"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void expect_ascending(const Recording &recording) {
  for (std::size_t i = 1; i < recording.frames.size(); ++i) {
    EXPECT_GT(recording.frames[i].time, recording.frames[i - 1].time) << "frame " << i;
  }
}

std::array<double, 3> colour_of(const Recording &recording, const Frame &frame) {
  return mean_colour(recording, frame, 0, 0, recording.width, recording.height);
}

TEST(Live, StatusLineTellsSpeedLatencyMaskAgeAndShares) {
  LiveProgram live(with_pictures({"--vocabulary", "thing"}));
  ASSERT_TRUE(live.wait_for("thing 100 %", 2)) << live.output();
  const std::regex expected(
      R"((\d+\.\d) fps \| inference [\d.]+ ms \| mask age [\d.]+ ms \| latency [\d.]+ ms \| thing 100 %)");
  std::smatch found;
  const std::string line = live.line();
  ASSERT_TRUE(std::regex_match(line, found, expected)) << line;
  EXPECT_GT(std::stod(found[1]), 0.0);
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(Live, TypedWordsChangeLabelsAndColoursWhileItPlays) {
  Folder folder;
  const std::string path = folder.file("out.mkv");
  LiveProgram live(with_pictures({"--vocabulary", "thing #ff0000", "--output", path}));
  ASSERT_TRUE(live.wait_for("thing 100 %", 2)) << live.output();
  live.type("stuff #00c000");
  ASSERT_TRUE(live.wait_for("now looking for stuff")) << live.output();
  ASSERT_TRUE(live.wait_for("stuff 100 %", 2)) << live.output();
  EXPECT_EQ(live.line().find("thing"), std::string::npos);
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();

  const Recording recording = read_recording(path);
  ASSERT_GE(recording.frames.size(), 4U) << "one for each status line";
  // Frames before the first inference have no mask.
  const bool red = std::any_of(
      recording.frames.begin(), recording.frames.end(),
      [&](const Frame &frame) { return colour_of(recording, frame)[0] > 255 - kCodecError; });
  EXPECT_TRUE(red);
  EXPECT_NEAR(colour_of(recording, recording.frames.back())[1], 192, kCodecError);
  EXPECT_NEAR(colour_of(recording, recording.frames.back())[0], 0, kCodecError);
}

TEST(Live, ABadVocabularySaysWhyAndTheOldOneStays) {
  LiveProgram live(with_pictures({"--vocabulary", "thing"}));
  ASSERT_TRUE(live.wait_for("thing 100 %")) << live.output();
  live.type("one: cat; one: dog");
  ASSERT_TRUE(live.wait_for("the label \"one\" is used twice")) << live.output();
  EXPECT_TRUE(live.wait_for("thing 100 %", 2)) << live.output();
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(Live, ABadCommandSaysWhatThereIs) {
  LiveProgram live(with_pictures({"--vocabulary", "thing"}));
  ASSERT_TRUE(live.wait_for_frames()) << live.output();
  live.type(":set threshold=2");
  EXPECT_TRUE(live.wait_for("threshold; it takes numbers from 0 to 1"));
  live.type(":set colour=red");
  EXPECT_TRUE(live.wait_for("naclipsegment has no property 'colour' to set; it has model"));
  live.type(":set model=other");
  EXPECT_TRUE(live.wait_for("model can only be set in the NULL or READY state"));
  live.type(":dance");
  EXPECT_TRUE(live.wait_for("there is no :dance"));
  EXPECT_TRUE(live.wait_for(":quit"));
  live.type(":stats");
  EXPECT_TRUE(live.wait_for("latency-mean: "));
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(Live, ASettingTakesEffectWhileItPlays) {
  LiveProgram live(with_pictures({"--vocabulary", "thing; other"}));
  ASSERT_TRUE(live.wait_for(" %")) << live.output();
  // No pixel reaches this probability: all of them are nothing.
  live.type(":set logit-scale=0.001");
  live.type(":set threshold=0.9");
  bool without = false;
  while (!without && live.wait_for_frames()) {
    without = live.line().find("thing") == std::string::npos &&
              live.line().find("other") == std::string::npos;
  }
  EXPECT_TRUE(without) << live.output();
  live.type(":quit");
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(Live, TheEndOfTheInputDoesNotEndIt) {
  LiveProgram live(with_pictures({"--vocabulary", "thing"}));
  live.end_typing();
  EXPECT_TRUE(live.wait_for("thing 100 %", 4)) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
}

TEST(Live, CtrlCFinishesTheFile) {
  Folder folder;
  const std::string path = folder.file("out.mkv");
  LiveProgram live(with_pictures({"--vocabulary", "thing #ff0000", "--output", path}));
  ASSERT_TRUE(live.wait_for("thing 100 %", 3)) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_TRUE(is_finished_matroska(path));
  const Recording recording = read_recording(path);
  EXPECT_EQ(recording.width, kWidth);
  EXPECT_EQ(recording.height, kHeight);
  EXPECT_GE(recording.frames.size(), 3U) << "one for each status line";
  expect_ascending(recording);
}

TEST(Live, AFileIsAnnotatedWholeAtItsTimesAndEndsIt) {
  Folder folder;
  const auto times = even_times(30, 40 * GST_MSECOND);
  write_clip(folder.file("clip.mkv"), kWidth, kHeight, times);
  LiveProgram live({"--source", folder.file("clip.mkv"), "--vocabulary", "thing #ff0000",
                    "--overlay", "opacity=1", "--output", folder.file("out.mkv")});
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_NE(live.output().find("the end of file://"), std::string::npos) << live.output();
  EXPECT_EQ(read_times(folder.file("out.mkv")), times);
  EXPECT_TRUE(is_finished_matroska(folder.file("out.mkv")));
}

TEST(Live, AFailureOfTheSourceFinishesTheFileUpToThere) {
  Folder folder;
  const std::string path = folder.file("out.mkv");
  LiveProgram live({"--source",
                    "launch:videotestsrc is-live=true ! video/x-raw,width=160,height=120,"
                    "framerate=40/1 ! identity error-after=40",
                    "--vocabulary", "thing", "--output", path});
  EXPECT_EQ(live.finish(), 1) << live.output();
  EXPECT_TRUE(is_finished_matroska(path));
  const Recording recording = read_recording(path);
  EXPECT_GE(recording.frames.size(), 1U);
  EXPECT_LT(recording.frames.size(), 41U);
  expect_ascending(recording);
}

TEST(Live, AFileThatCannotBeWrittenIsSaidAndEndsIt) {
  Folder folder;
  LiveProgram nowhere(with_pictures({"--vocabulary", "a", "--output", folder.file("no/out.mkv")}));
  EXPECT_EQ(nowhere.finish(), 1) << nowhere.output();
  EXPECT_NE(nowhere.output().find("no/out.mkv"), std::string::npos) << nowhere.output();

  std::filesystem::create_symlink("/dev/full", folder.file("full.mkv"));
  LiveProgram full(with_pictures({"--vocabulary", "a", "--output", folder.file("full.mkv")}));
  EXPECT_EQ(full.finish(), 1) << full.output();
  EXPECT_NE(full.output().find("filesink: "), std::string::npos) << full.output();
}

TEST(Live, WhatCannotBeDoneIsSaidBeforeItStarts) {
  const auto said = [](const Arguments &arguments, int status) {
    LiveProgram live(arguments);
    EXPECT_EQ(live.finish(), status) << live.output();
    return live.output();
  };
  EXPECT_NE(said({"--source", "none.avi", "--vocabulary", "a"}, 2).find("no file none.avi"),
            std::string::npos);
  EXPECT_NE(said({"--source", "/dev/video99", "--vocabulary", "a"}, 1).find("/dev/video99: "),
            std::string::npos);
  EXPECT_NE(said({"--vocabulary", "a", "--set", "colour=red"}, 2).find("no property 'colour'"),
            std::string::npos);
  EXPECT_NE(said({"--vocabulary", "a: ; b"}, 1).find("a class without words"), std::string::npos);
  EXPECT_NE(said({"--vocabulary", "a", "--set", "model=none.pt"}, 1).find("none.pt"),
            std::string::npos);
  EXPECT_NE(said({}, 2).find("what to look for?"), std::string::npos);
  EXPECT_NE(said({"--vocabulary", "a", "--output", "a.mp4"}, 2).find(".mkv and .webm"),
            std::string::npos);
}

/// A chroot may be without any.
bool has_pseudo_terminals() {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) return false;
  const bool usable = grantpt(terminal) == 0 && unlockpt(terminal) == 0;
  close(terminal);
  return usable;
}

TEST(Live, ATerminalsStatusLineIsRewrittenInPlace) {
  if (!has_pseudo_terminals()) GTEST_SKIP() << "this system gives no pseudo-terminals";
  std::string command;
  for (const std::string &argument :
       live_arguments({"--status", "0.2", "--vocabulary", "thing", "--source",
                       "launch:videotestsrc is-live=true num-buffers=40 ! "
                       "video/x-raw,width=160,height=120,framerate=20/1"})) {
    g_autofree char *quoted = g_shell_quote(argument.c_str());
    command += std::string(quoted) + " ";
  }
  // script gives the program a terminal.
  Process terminal({"/usr/bin/script", "-qec", command, "/dev/null"}, {{"TERM", "xterm"}}, true);
  EXPECT_EQ(terminal.finish(), 0) << terminal.output();
  const std::string &output = terminal.output();
  const auto count = [&](const std::string &text) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = output.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_GE(count(" fps"), 5U) << output;
  // Each but those after a message went over the one before.
  EXPECT_GE(count("\033[A\r\033[K"), count(" fps") - 3) << output;
}

}  // namespace
}  // namespace naclip::pipelines
