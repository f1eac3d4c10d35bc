// What naclipsegment costs a frame that it does not infer: nothing from the heap but the metadata
// itself.
#include "allocations.h"
#include "elements/support/analytics.h"
#include "segment/frame_feeder.h"
#include "segment_harness.h"

namespace naclip::testing {
namespace {

constexpr int kWidth = 64, kHeight = 48;

Ptr<GstBuffer> next_frame() {
  return make_frame(GST_VIDEO_FORMAT_I420, kWidth, kHeight);
}

/// What passing one frame takes from the heap.
std::size_t allocations_of_a_frame(FrameFeeder &feeder) {
  Ptr<GstBuffer> frame = next_frame();
  const std::size_t before = allocations;
  EXPECT_EQ(feeder.push(std::move(frame)), GST_FLOW_OK);
  return allocations - before;
}

/// What the metadata of one frame takes, where GStreamer's functions alone are called.
std::size_t allocations_of_metadata() {
  const auto segmentation = make_segmentation<std::uint8_t>(
      4, 4, std::vector<std::uint8_t>(16), {"background", "cat", "dog, with a long name"});
  AnalyticsTerms terms(segmentation.get());
  Ptr<GstBuffer> frame = next_frame();
  const std::size_t before = allocations;
  attach(frame.get(), segmentation.get(), kWidth, kHeight);
  terms.attach(frame.get());
  return allocations - before;
}

class Bookkeeping : public Segment {
 protected:
  void SetUp() override {
    if (!kCountsAllocations) GTEST_SKIP() << "the heap cannot be watched in this build";
  }
  static std::string line(const std::string &more) {
    return segment_line(
        "interval=1000000 vocabulary=\"background: wall; cat; dog, hound of a "
        "long name that is no short string\" refine-dilations=\"8, 16, 32\" " +
        more);
  }
};

TEST_F(Bookkeeping, CountsAllocationsOfEveryLibrary) {
  const std::size_t before = allocations;
  const Ptr<gchar> text(g_strdup("a text"));
  look_at(text.get());
  EXPECT_EQ(allocations - before, 1U) << "GLib's";
  const auto number = std::make_unique<int>(1);
  look_at(number.get());
  EXPECT_EQ(allocations - before, 2U) << "libstdc++'s";
  const Ptr<GstBuffer> buffer(gst_buffer_new_and_alloc(4096));
  look_at(buffer.get());
  EXPECT_GE(allocations - before, 3U) << "GStreamer's";
}

TEST_F(Bookkeeping, OfAFrameWithTheLastMaskAllocatesTheMetadataAlone) {
  FrameFeeder feeder(line(""), caps_of("I420", kWidth, kHeight));
  for (int i = 0; i < 3; ++i) allocations_of_a_frame(feeder);
  allocations_of_metadata();  // registers the metadata
  const std::size_t expected = allocations_of_metadata();
  if (expected == 0) GTEST_SKIP() << "GLib's own pools hide this: set G_SLICE=always-malloc";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(allocations_of_a_frame(feeder), expected) << i;
}

TEST_F(Bookkeeping, IsAsCheapAgainAfterAPropertyHasChanged) {
  FrameFeeder feeder(line(""), caps_of("I420", kWidth, kHeight));
  for (int i = 0; i < 3; ++i) allocations_of_a_frame(feeder);
  allocations_of_metadata();
  const std::size_t expected = allocations_of_metadata();
  g_object_set(feeder.element(), "threshold", 0.25, "refine-dilations", "4", nullptr);
  allocations_of_a_frame(feeder);  // takes them over
  for (int i = 0; i < 20; ++i) EXPECT_EQ(allocations_of_a_frame(feeder), expected) << i;
  g_object_set(feeder.element(), "vocabulary", "sky; tree", nullptr);
  // Encoded beside the stream; the first frame under them is told.
  Messages messages(feeder.element());
  while (!messages.next(GST_MESSAGE_ELEMENT)) allocations_of_a_frame(feeder);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(allocations_of_a_frame(feeder), expected) << i;
}

}  // namespace
}  // namespace naclip::testing
