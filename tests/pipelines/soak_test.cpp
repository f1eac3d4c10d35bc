// The main job at full length: a real street camera, all of its 795 frames.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "launch.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

constexpr std::size_t kStreetFrames = 795;
constexpr double kKilobyte = 1024.0;

/// opencv-doc's vtest.avi; empty where it is not at hand.
std::string street_video() {
  const char *named = g_getenv("NACLIP_STREET_VIDEO");
  const std::string path = named ? named : "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
  return std::filesystem::exists(path) ? path : "";
}

/// Has malloc give back to the system at once what is freed. Else it keeps up to 64 MB of that, in
/// steps that come with the threads' timing and that look like a leak for as long as they last.
Environment with_memory_given_back(Environment environment) {
  environment.emplace_back("MALLOC_TRIM_THRESHOLD_", "0");
  return environment;
}

/// The least resident memory of the process during its next `frames` frames, bytes: what it holds,
/// without the frames that happen to be in its queues. Negative where it ended before.
double least_resident_memory(Launch &launch, int frames) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < frames; ++i) {
    if (!launch.wait_for("naclip-segmentation")) return -1.0;
    least = std::min(least, static_cast<double>(launch.resident_memory()));
  }
  return least;
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
                with_memory_given_back(trace_leaks(log)));
  // From the middle of one window of a hundred frames to that of the other.
  constexpr double kFramesBetween = 500.0;
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 150)) << launch.output();
  const double early = least_resident_memory(launch, 100);
  ASSERT_TRUE(launch.wait_for("naclip-segmentation", 400)) << launch.output();
  const double late = least_resident_memory(launch, 100);
  ASSERT_GT(early, 0.0);
  ASSERT_GT(late, 0.0);
  const double leaked = (late - early) / kFramesBetween / kKilobyte;
  RecordProperty("leaked_kilobytes_a_frame", std::to_string(leaked));
  // 1 to 5 is seen: the index of the recording grows, and what malloc cannot give back; 9 once,
  // beside other tests. Less than that is left to the tracer of leaks below.
  EXPECT_LE(leaked, 24.0) << "from " << early / kKilobyte << " KB to " << late / kKilobyte << " KB";
  EXPECT_EQ(launch.finish(), 0) << launch.output();

  expect_no_leak(log);

  const auto times = read_times(folder.file("out.mkv"));
  EXPECT_EQ(times.size(), kStreetFrames);
  EXPECT_EQ(times, read_times(video));
}

}  // namespace
}  // namespace naclip::pipelines
