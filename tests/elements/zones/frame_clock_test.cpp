// The time that rules are measured by.
#include "elements/zones/frame_clock.h"

#include <gtest/gtest.h>

#include <cmath>

#include "elements/support/ptr.h"

namespace naclip::testing {
namespace {

constexpr std::int64_t kSecond = GST_SECOND;

class Frames {
 public:
  Frames() { gst_segment_init(&segment, GST_FORMAT_TIME); }

  FrameClock::Reading read(double seconds) {
    return read_pts(static_cast<GstClockTime>(seconds * kSecond));
  }
  FrameClock::Reading read_pts(GstClockTime pts) {
    const Ptr<GstBuffer> frame(gst_buffer_new());
    GST_BUFFER_PTS(frame.get()) = pts;
    return clock.read(segment, frame.get());
  }

  GstSegment segment{};
  FrameClock clock;
};

TEST(FrameClock, TellsPtsAndRunningTime) {
  Frames frames;
  frames.segment.start = 3 * GST_SECOND;
  frames.segment.time = 3 * GST_SECOND;
  frames.segment.base = 10 * GST_SECOND;
  const auto [moment, jumped] = frames.read(5);
  EXPECT_EQ(moment.pts, 5 * GST_SECOND);
  EXPECT_EQ(moment.time, 12 * kSecond);
  EXPECT_FALSE(jumped);
  frames.clock.forget();
  EXPECT_EQ(frames.read(2).moment.time, 9 * kSecond) << "before the segment";
}

TEST(FrameClock, GoesOnOverASegmentThatContinues) {
  Frames frames;
  frames.read(9);
  frames.segment.base = 10 * GST_SECOND;
  frames.segment.start = 1000 * GST_SECOND;
  frames.segment.time = 10 * GST_SECOND;
  const auto [moment, jumped] = frames.read(1000);
  EXPECT_EQ(moment.time, 10 * kSecond);
  EXPECT_FALSE(jumped);
}

TEST(FrameClock, SeesASeekWithoutAFlush) {
  Frames frames;
  frames.read(9);
  frames.segment.base = 9 * GST_SECOND;
  frames.segment.start = frames.segment.time = 60 * GST_SECOND;
  EXPECT_TRUE(frames.read(60).jumped);
  EXPECT_FALSE(frames.read(61).jumped);
}

TEST(FrameClock, SeesTimeThatBeginsAnew) {
  Frames frames;
  frames.read(100);
  const auto [moment, jumped] = frames.read(1);
  EXPECT_TRUE(jumped);
  EXPECT_EQ(moment.time, kSecond);
  EXPECT_FALSE(frames.read(2).jumped);
}

TEST(FrameClock, GapsAndChangesOfOrderAreNoJumps) {
  Frames frames;
  frames.read(1);
  EXPECT_FALSE(frames.read(1000).jumped);
  const auto [moment, jumped] = frames.read(999.5);
  EXPECT_FALSE(jumped);
  EXPECT_EQ(moment.time, 1000 * kSecond) << "time does not go backwards";
  EXPECT_EQ(moment.pts, static_cast<std::uint64_t>(999.5 * kSecond));
}

TEST(FrameClock, RatesAreNoJumps) {
  for (const double rate : {0.25, 4.0, -2.0}) {
    Frames frames;
    frames.segment.rate = rate;
    frames.segment.stop = 1000 * GST_SECOND;
    const double first = rate > 0 ? 100 : 900, step = rate > 0 ? 5 : -5;
    const std::int64_t begin = frames.read(first).moment.time;
    for (int i = 1; i < 5; ++i) EXPECT_FALSE(frames.read(first + i * step).jumped) << rate;
    EXPECT_EQ(frames.read(first + 4 * step).moment.time - begin,
              static_cast<std::int64_t>(20 * kSecond / std::abs(rate)))
        << rate;
    frames.segment.base += 100 * GST_SECOND;
    EXPECT_TRUE(frames.read(first + 5 * step).jumped) << rate << ": the stream stood still";
  }
}

TEST(FrameClock, AFrameWithoutATimeHasTheOneBefore) {
  Frames frames;
  EXPECT_EQ(frames.read_pts(GST_CLOCK_TIME_NONE).moment.time, 0);
  frames.read(7);
  const auto [moment, jumped] = frames.read_pts(GST_CLOCK_TIME_NONE);
  EXPECT_EQ(moment.time, 7 * kSecond);
  EXPECT_EQ(moment.pts, GST_CLOCK_TIME_NONE);
  EXPECT_FALSE(jumped);
}

TEST(FrameClock, SegmentsOfBytesSayNothing) {
  Frames frames;
  gst_segment_init(&frames.segment, GST_FORMAT_BYTES);
  EXPECT_EQ(frames.read(7).moment.time, 7 * kSecond);
  EXPECT_FALSE(frames.read(8).jumped);
}

}  // namespace
}  // namespace naclip::testing
