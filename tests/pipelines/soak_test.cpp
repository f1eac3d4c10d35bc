// The main job at full length: a real street camera, all of its 795 frames.
#include <gtest/gtest.h>

#include <filesystem>

#include "launch.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

constexpr std::size_t kStreetFrames = 795;
constexpr double kMegabyte = 1024.0 * 1024.0;

/// opencv-doc's vtest.avi; empty where it is not at hand.
std::string street_video() {
  const char *named = g_getenv("NACLIP_STREET_VIDEO");
  const std::string path = named ? named : "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
  return std::filesystem::exists(path) ? path : "";
}

TEST(Soak, AStreetCamerasRecordingKeepsAllFramesInSteadyMemory) {
  const std::string video = street_video();
  if (video.empty()) GTEST_SKIP() << "vtest.avi of Debian's package opencv-doc is not at hand";
  Folder folder;
  const std::string log = folder.file("leaks.log");
  Launch launch("annotate-file.launch",
                with_tiny_model({"INPUT=" + video, "OUTPUT=" + folder.file("out.mkv"),
                                 "SEGMENT=input-size=96 window-size=80 window-stride=40 "
                                 "refine-steps=3 prompts=none",
                                 "OVERLAY=labels=true"}),
                trace_leaks(log));
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 100)) << launch.output();
  const double early = static_cast<double>(launch.resident_memory());
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 600)) << launch.output();
  const double late = static_cast<double>(launch.resident_memory());
  EXPECT_GT(early, 0.0);
  EXPECT_LE((late - early) / kMegabyte, 5.0);
  RecordProperty("resident_megabytes_after_frame_100", std::to_string(early / kMegabyte));
  RecordProperty("resident_megabytes_after_frame_700", std::to_string(late / kMegabyte));
  EXPECT_EQ(launch.finish(), 0) << launch.output();

  expect_no_leak(log);

  const auto times = read_times(folder.file("out.mkv"));
  EXPECT_EQ(times.size(), kStreetFrames);
  EXPECT_EQ(times, read_times(video));
}

}  // namespace
}  // namespace naclip::pipelines
