// What naclip-live keeps of the last seconds, and where a recording may begin in it.
#include "examples/live/stream/packet_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace naclip::live {
namespace {

constexpr GstClockTime kFrame = 100;

class Ring : public testing::Test {
 protected:
  void add(Track track, int frame, bool keyframe = true, const std::string &text = "x") {
    GstBuffer *buffer = gst_buffer_new_memdup(text.data(), text.size());
    // As video encoders do, whose segments begin at a thousand hours.
    constexpr GstClockTime kShift = 3600000 * GST_SECOND;
    GST_BUFFER_PTS(buffer) = kShift + static_cast<GstClockTime>(frame) * kFrame;
    if (!keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = kShift;
    GstSample *sample = gst_sample_new(buffer, nullptr, &segment, nullptr);
    ring_.add(track, sample);
    gst_sample_unref(sample);
    gst_buffer_unref(buffer);
  }
  /// Pictures from `first` to before `end`; every fifth is a keyframe.
  void add_pictures(int first, int end) {
    for (int frame = first; frame < end; ++frame) add(Track::kPicture, frame, frame % 5 == 0);
  }
  std::vector<GstClockTime> times(Track track, std::optional<GstClockTime> after,
                                  GstClockTime last) const {
    std::vector<GstClockTime> found;
    ring_.each(track, after, last, [&](const Packet &packet) { found.push_back(packet.time); });
    return found;
  }

  PacketRing ring_;
};

TEST_F(Ring, TimesAreRunningTimes) {
  add_pictures(0, 3);
  EXPECT_EQ(times(Track::kPicture, std::nullopt, 1000), (std::vector<GstClockTime>{0, 100, 200}));
  EXPECT_EQ(times(Track::kPicture, 0, 100), (std::vector<GstClockTime>{100}));
  EXPECT_EQ(ring_.newest(Track::kPicture), 200U);
  EXPECT_FALSE(ring_.newest(Track::kMasks));
}

TEST_F(Ring, FindsKeyframesBeforeAndBehind) {
  EXPECT_FALSE(ring_.last_keyframe_until(0));
  add_pictures(3, 14);
  EXPECT_EQ(ring_.last_keyframe_until(1200), 1000U);
  EXPECT_EQ(ring_.last_keyframe_until(1000), 1000U);
  EXPECT_EQ(ring_.last_keyframe_until(999), 500U);
  EXPECT_EQ(ring_.last_keyframe_until(100), 500U) << "the first there is";
  EXPECT_EQ(ring_.first_keyframe_from(501), 1000U);
  EXPECT_EQ(ring_.first_keyframe_from(500), 500U);
  EXPECT_FALSE(ring_.first_keyframe_from(1001));
}

TEST_F(Ring, ForgetsAllTracksButNotWhatIsAheadOfThePicture) {
  add_pictures(0, 10);
  for (int frame = 0; frame < 13; ++frame) add(Track::kMasks, frame);
  ring_.forget_before(500);
  EXPECT_EQ(times(Track::kPicture, std::nullopt, 5000).front(), 500U);
  EXPECT_EQ(times(Track::kMasks, std::nullopt, 5000).front(), 500U);
  ring_.forget_before(GST_CLOCK_TIME_NONE);
  EXPECT_TRUE(times(Track::kPicture, std::nullopt, 5000).empty());
  EXPECT_EQ(times(Track::kMasks, std::nullopt, 5000),
            (std::vector<GstClockTime>{1000, 1100, 1200}));
  EXPECT_EQ(ring_.newest(Track::kPicture), 900U) << "it has come";
}

TEST_F(Ring, AMessageKnowsTheVocabularyBeforeIt) {
  const std::string first = "{\"type\":\"vocabulary\",\"labels\":[\"a\"]}\n";
  const std::string second = "{\"type\":\"vocabulary\",\"labels\":[\"b\"]}\n";
  add(Track::kMessages, 0, true, "{\"type\":\"frame\"}\n");
  add(Track::kMessages, 1, true, first + "{\"type\":\"frame\"}\n");
  add(Track::kMessages, 2, true, second + "{\"type\":\"frame\"}\n");
  add(Track::kMessages, 3, true, "{\"type\":\"frame\"}\n");
  std::vector<std::string> words;
  ring_.each(Track::kMessages, std::nullopt, 5000, [&](const Packet &packet) {
    words.push_back(packet.vocabulary ? *packet.vocabulary : "none");
  });
  EXPECT_EQ(words, (std::vector<std::string>{"none", "none", first, second}));
}

TEST(RecordedMessages, CountFromTheFilesBegin) {
  EXPECT_EQ(with_times_from(
                "{\"pts\":1500,\"n\":1}\n{\"pts\":700}\n{\"label\":\"\\\"pts\\\":9\"}\n", 1000),
            "{\"pts\":500,\"n\":1}\n{\"pts\":0}\n{\"label\":\"\\\"pts\\\":9\"}\n");
  EXPECT_EQ(with_times_from("", 5), "");
}

TEST(RecordedMessages, TheVocabularysLineIsFound) {
  EXPECT_EQ(vocabulary_in("{\"type\":\"frame\"}\n"), "");
  EXPECT_EQ(vocabulary_in("{\"a\":1}\n{\"type\":\"vocabulary\"}\n{\"b\":1}\n"),
            "{\"type\":\"vocabulary\"}\n");
  EXPECT_EQ(vocabulary_in("{\"label\":\"\\\"type\\\":\\\"vocabulary\\\"\"}\n"), "");
}

}  // namespace
}  // namespace naclip::live
