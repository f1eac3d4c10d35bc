// A recording keeps every frame at its time, also where the frame rate changes.
#include <gtest/gtest.h>

#include "launch.h"
#include "recording.h"

namespace naclip::pipelines {
namespace {

/// Frames 33, 40 and 170 ms apart in turn.
std::vector<GstClockTime> uneven_times(std::size_t count) {
  constexpr std::array<GstClockTime, 3> kSteps{33 * GST_MSECOND, 40 * GST_MSECOND,
                                               170 * GST_MSECOND};
  std::vector<GstClockTime> times(count);
  for (std::size_t i = 1; i < count; ++i) times[i] = times[i - 1] + kSteps[i % kSteps.size()];
  return times;
}

TEST(Recording, OfChangingFrameRateKeepsEveryFrameAtItsTime) {
  Folder folder;
  const auto times = uneven_times(120);
  write_clip(folder.file("clip.mkv"), 96, 72, times);
  run_launch("annotate-file.launch",
             {"INPUT=" + folder.file("clip.mkv"), "OUTPUT=" + folder.file("out.mkv")});
  const auto recording = read_recording(folder.file("out.mkv"));
  ASSERT_EQ(recording.frames.size(), times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(recording.frames[i].time, times[i]) << "frame " << i;
  }
}

TEST(Recording, WithAnIntervalKeepsEveryFrameAndItsMask) {
  Folder folder;
  const auto times = even_times(25, 40 * GST_MSECOND);
  write_clip(folder.file("clip.mkv"), 96, 72, times);
  run_launch("annotate-file.launch",
             {"INPUT=" + folder.file("clip.mkv"), "OUTPUT=" + folder.file("out.mkv"),
              "VOCABULARY=thing #ff0000", "OVERLAY=opacity=1 contours=0 legend=none",
              "SEGMENT=input-size=64 window-size=0 refine-steps=0 prompts=none interval=7"});
  const auto recording = read_recording(folder.file("out.mkv"));
  ASSERT_EQ(recording.frames.size(), times.size());
  for (const Frame &frame : recording.frames) {
    EXPECT_GT(mean_colour(recording, frame, 0, 0, 96, 72)[0], 230);
  }
}

TEST(Recording, LeaksNoObjectOfGStreamer) {
  Folder folder;
  write_clip(folder.file("clip.mkv"), 96, 72, even_times(10));
  const std::string log = folder.file("leaks.log");
  Launch launch(
      "annotate-file.launch",
      with_tiny_model({"INPUT=" + folder.file("clip.mkv"), "OUTPUT=" + folder.file("out.mkv")}),
      trace_leaks(log));
  EXPECT_EQ(launch.finish(), 0) << launch.output();
  expect_no_leak(log);
}

}  // namespace
}  // namespace naclip::pipelines
