// A run that goes wrong says why, ends, and leaves what it has recorded in a file that plays.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "launch.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

TEST(LaunchFailures, MissingInputIsNamed) {
  Launch launch("annotate-file.launch", with_tiny_model({}));
  EXPECT_NE(launch.finish(), 0);
  EXPECT_NE(launch.output().find("INPUT: the video to annotate"), std::string::npos)
      << launch.output();
}

TEST(LaunchFailures, AMissingFileIsAnError) {
  Folder folder;
  Launch launch("annotate-file.launch", with_tiny_model({"INPUT=" + folder.file("none.avi"),
                                                         "OUTPUT=" + folder.file("out.mkv")}));
  EXPECT_NE(launch.finish(), 0);
  EXPECT_NE(launch.output().find("none.avi"), std::string::npos) << launch.output();
}

TEST(LaunchFailures, AFileThatIsNoVideoIsAnError) {
  Folder folder;
  std::ofstream(folder.file("text.avi")) << std::string(5000, 'x');
  Launch launch("annotate-file.launch", with_tiny_model({"INPUT=" + folder.file("text.avi"),
                                                         "OUTPUT=" + folder.file("out.mkv")}));
  EXPECT_NE(launch.finish(), 0);
  EXPECT_NE(launch.output().find("ERROR"), std::string::npos) << launch.output();
}

/// gst-launch-1.0 asks its main loop to end where an error comes, also before it runs: then that is
/// lost.
const Environment kLateLoop{{"LD_PRELOAD", NACLIP_LATE_LOOP}};

TEST(LaunchFailures, AnErrorBeforeTheMainLoopRunsEndsItToo) {
  Folder folder;
  std::ofstream(folder.file("text.avi")) << std::string(5000, 'x');
  Launch launch("record-camera.launch",
                with_tiny_model({"SOURCE=filesrc location=" + folder.file("text.avi"),
                                 "OUTPUT=" + folder.file("out.mkv")}),
                kLateLoop);
  EXPECT_NE(launch.finish(), 0);
  EXPECT_NE(launch.output().find("ERROR"), std::string::npos) << launch.output();
}

TEST(LaunchFailures, AFileThatIsNoVideoIsAnErrorBeforeTheMainLoopRunsToo) {
  Folder folder;
  std::ofstream(folder.file("text.avi")) << std::string(5000, 'x');
  Launch launch(
      "annotate-file.launch",
      with_tiny_model({"INPUT=" + folder.file("text.avi"), "OUTPUT=" + folder.file("out.mkv")}),
      kLateLoop);
  EXPECT_NE(launch.finish(), 0);
  EXPECT_NE(launch.output().find("nothing was written"), std::string::npos) << launch.output();
}

TEST(LaunchFailures, AFailureMidwayLeavesARecordingThatCanBeFinished) {
  Folder folder;
  write_clip(folder.file("clip.mkv"), 160, 120, even_times(100));
  Launch launch(
      "annotate-file.launch",
      with_tiny_model({"INPUT=" + folder.file("clip.mkv"), "OUTPUT=" + folder.file("out.mkv"),
                       "SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none ! "
                       "identity error-after=60"}));
  EXPECT_NE(launch.finish(), 0);
  const std::string output = folder.file("out.mkv");
  const std::vector<GstClockTime> before = read_times(output);
  EXPECT_GE(before.size(), 50U);
  EXPECT_LT(before.size(), 100U);
  EXPECT_FALSE(is_finished_matroska(output));

  const std::string command = NACLIP_PIPELINES "/finish-recording.sh " + output;
  EXPECT_TRUE(g_spawn_command_line_sync(command.c_str(), nullptr, nullptr, nullptr, nullptr));
  EXPECT_TRUE(is_finished_matroska(output));
  EXPECT_EQ(read_times(output), before);
}

TEST(LaunchFailures, CtrlCFinishesTheRecordingOfACamera) {
  Folder folder;
  Launch launch("record-camera.launch",
                with_tiny_model({"SOURCE=videotestsrc is-live=true ! "
                                 "video/x-raw,width=160,height=120,framerate=20/1",
                                 "OUTPUT=" + folder.file("out.mkv")}));
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 4)) << launch.output();
  launch.interrupt();
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  const Recording recording = read_recording(folder.file("out.mkv"));
  EXPECT_GE(recording.frames.size(), 3U);
  EXPECT_TRUE(is_finished_matroska(folder.file("out.mkv")));
}

TEST(LaunchFailures, ValuesArriveAsWritten) {
  Folder folder;
  const std::string launch_file = folder.file("write.launch");
  std::ofstream(launch_file) << "fakesrc num-buffers=1 sizetype=fixed sizemax=3 ! filesink "
                                "location=\"${OUTPUT}\"\n";
  for (const char *odd : {"it's \"an\" odd; $HOME `name`, ! (x) \\ é",
                          "back\\slash",
                          "ends with \\",
                          "ends\\",
                          "\\\"",
                          "\"quoted\"",
                          "'quoted'",
                          "a\\\\b \"c",
                          "two\nlines",
                          "\\n",
                          "\\101",
                          "%d",
                          "a b",
                          "(x)",
                          "!",
                          "a=b",
                          "=",
                          "-dash",
                          "#comment",
                          "größe 图",
                          "{a",
                          "[a]",
                          "*"}) {
    const std::string path = folder.file(odd);
    Launch launch(launch_file, {"OUTPUT=" + path});
    EXPECT_EQ(launch.finish(), 0) << launch.output();
    EXPECT_TRUE(std::filesystem::remove(path)) << odd;
  }
}

}  // namespace
}  // namespace naclip::pipelines
