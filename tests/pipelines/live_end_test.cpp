// How naclip-live ends: by its window and by Ctrl-C; what it shows before it begins, and which side
// is up.
#include <gtest/gtest.h>

#include "live.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

const std::vector<std::string> kPictures{"--source", "test",   "--size", "160x120",      "--rate",
                                         "20",       "--mode", "async",  "--vocabulary", "thing"};

std::vector<std::string> with_pictures(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kPictures.begin(), kPictures.end());
  return arguments;
}

/// Variables that have the window of closing_window.cpp shown.
Environment closing_window() {
  return {{"GST_PLUGIN_PATH", NACLIP_PLUGIN_FOLDER ":" NACLIP_CLOSING_WINDOW},
          {"GST_REGISTRY", NACLIP_CLOSING_WINDOW "/registry-closing.bin"},
          {"GST_PLUGIN_FEATURE_RANK", "closingwindow:1000"}};
}

/// live_arguments() with a window.
std::vector<std::string> in_window(const std::vector<std::string> &arguments) {
  std::vector<std::string> all = live_arguments(with_pictures(arguments));
  std::erase(all, "--headless");
  all.emplace_back("--window");
  return all;
}

TEST(LiveEnd, AWindowThatIsClosedFinishesTheFile) {
  Folder folder;
  Process live(in_window({"--output", folder.file("out.mkv")}), closing_window());
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_NE(live.output().find("the window was closed"), std::string::npos) << live.output();
  EXPECT_TRUE(is_finished_matroska(folder.file("out.mkv")));
  EXPECT_FALSE(read_times(folder.file("out.mkv")).empty());
}

TEST(LiveEnd, AVideoThatIsToBeTurnedIsRecordedUpright) {
  Folder folder;
  run_line(
      "videotestsrc num-buffers=10 ! video/x-raw,width=160,height=120,framerate=10/1 ! jpegenc ! "
      "qtmux ! filesink location=" +
      folder.file("clip.mp4"));
  turn_clockwise(folder.file("clip.mp4"));
  LiveProgram live({"--source", folder.file("clip.mp4"), "--vocabulary", "thing", "--output",
                    folder.file("out.mkv")});
  EXPECT_EQ(live.finish(), 0) << live.output();
  EXPECT_EQ(read_recording(folder.file("out.mkv")).height, 160);
}

TEST(LiveEnd, TheSecondCtrlCEndsItWhileTheNetworkIsInWork) {
  // One inference takes minutes, and the first frame waits for it. It has begun when four seconds
  // are over.
  LiveProgram live(
      with_pictures({"--mode", "sync", "--size", "1280x720", "--set", "mask-size=frame", "--set",
                     "refine-steps=1000", "--status", "0.2"}));
  ASSERT_TRUE(live.wait_for(" fps", 20)) << live.output();
  live.interrupt();
  ASSERT_TRUE(live.wait_for("finishing; once more ends at once")) << live.output();
  live.interrupt();
  EXPECT_EQ(live.finish(), 130) << live.output();
  EXPECT_NE(live.output().find("ended at once"), std::string::npos) << live.output();
}

TEST(LiveEnd, ATerminalShowsHowFarTheModelIs) {
  std::string command;
  for (const std::string &argument : in_window({})) {
    g_autofree char *quoted = g_shell_quote(argument.c_str());
    command += std::string(quoted) + " ";
  }
  Environment environment = closing_window();
  environment.emplace_back("TERM", "xterm");
  Process terminal({"/usr/bin/script", "-qec", command, "/dev/null"}, environment, true);
  if (terminal.finish() != 0 && terminal.output().find("pseudo") != std::string::npos)
    GTEST_SKIP() << "this system gives no pseudo-terminals";
  EXPECT_NE(terminal.output().find("encoding words [########------------] 120 of 300"),
            std::string::npos)
      << terminal.output();
}

}  // namespace
}  // namespace naclip::pipelines
