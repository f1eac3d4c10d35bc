// naclipobjects behind naclipsegment, on an engine that labels what is bright.
#include "objects_fixture.h"
#include "tests/elements/segment/live_fixture.h"

namespace naclip::testing {
namespace {

class ObjectsStream : public Live {};

/// Frames of 64 x 48, dark but for two bright stripes.
Ptr<GstBuffer> striped(int number) {
  Ptr<GstBuffer> frame = frame_at(static_cast<GstClockTime>(number) * kFrameTime, 0);
  for (gsize row = 0; row < kLiveHeight; ++row) {
    gst_buffer_memset(frame.get(), row * kLiveWidth + 8, 200, 16);
    gst_buffer_memset(frame.get(), row * kLiveWidth + 40, 200, 8);
  }
  return frame;
}

TEST_F(ObjectsStream, FramesBetweenInferencesHaveTheBoxesOfTheLastMask) {
  LiveElement segment(line("mode=sync interval=3"), false);
  Objects objects("", kLiveWidth, kLiveHeight);
  for (int number = 0; number < 7; ++number)
    EXPECT_EQ(objects.boxes_after(segment.pass(striped(number))),
              (Names{"dog 8 0 16 48", "dog 40 0 8 48"}))
        << number;
  EXPECT_EQ(segment.statistic("inferred"), 3U);
  EXPECT_EQ(objects.statistic("searched"), 3U);
}

TEST_F(ObjectsStream, FollowsAChangeOfTheVocabulary) {
  LiveElement segment(line("mode=sync"), false);
  Objects objects("classes=\"fox, dog\"", kLiveWidth, kLiveHeight);
  EXPECT_EQ(objects.boxes_after(segment.pass(striped(0))).size(), 2U);
  g_object_set(segment.get(), "vocabulary", "fox", nullptr);
  segment.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  EXPECT_EQ(objects.boxes_after(segment.pass(striped(1))),
            (Names{"fox 8 0 16 48", "fox 40 0 8 48"}));
}

}  // namespace
}  // namespace naclip::testing
