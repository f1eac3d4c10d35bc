// Frames that cannot be segmented: one error and the end, or a warning and frames without masks.
#include "live_fixture.h"

namespace naclip::testing {
namespace {

int count_messages(LiveElement &element, GstMessageType type) {
  int count = 0;
  while (element.messages().next(type)) ++count;
  return count;
}

class LiveErrors : public Live, public ::testing::WithParamInterface<const char *> {
 protected:
  std::string mode() const { return std::string("mode=") + GetParam(); }

  /// Frames until what the engine throws is heard of.
  static void pass_until_errors(LiveElement &element, GstClockTime &pts, guint64 count) {
    while (element.statistic("errors") < count) {
      ASSERT_EQ(element.push(frame_at(pts++)), GST_FLOW_OK);
      std::this_thread::yield();
    }
    while (gst_harness_buffers_in_queue(element.harness()) > 0)
      gst_buffer_unref(gst_harness_pull(element.harness()));
  }
};
INSTANTIATE_TEST_SUITE_P(Mode, LiveErrors, ::testing::Values("sync", "async"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(LiveErrors, EndTheStreamWithOneMessage) {
  control_->fail(true);
  LiveElement element(line(mode()));
  GstFlowReturn flow = GST_FLOW_OK;
  for (GstClockTime pts = 0; flow == GST_FLOW_OK; ++pts) {
    flow = element.push(frame_at(pts));
    std::this_thread::yield();
  }
  EXPECT_EQ(flow, GST_FLOW_ERROR);
  for (GstClockTime pts = 100; pts < 110; ++pts)
    EXPECT_EQ(element.push(frame_at(pts)), GST_FLOW_ERROR);
  const auto message = element.messages().next(GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  EXPECT_TRUE(
      g_error_matches(error_of(message.get()).get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
  EXPECT_EQ(count_messages(element, GST_MESSAGE_ERROR), 0);
  EXPECT_EQ(element.statistic("errors"), 1U);
}

TEST_P(LiveErrors, AreOverAfterAFlush) {
  control_->fail(true);
  LiveElement element(line(mode()));
  GstClockTime pts = 0;
  while (element.push(frame_at(pts++)) == GST_FLOW_OK) std::this_thread::yield();
  element.event(gst_event_new_flush_start());
  element.event(gst_event_new_flush_stop(TRUE));
  element.segment_event();
  control_->fail(false);
  while (gst_harness_buffers_in_queue(element.harness()) > 0)
    gst_buffer_unref(gst_harness_pull(element.harness()));
  Ptr<GstBuffer> frame;
  while (segmentation_on(frame) == nullptr) {
    frame = element.pass(pts++);
    ASSERT_NE(frame, nullptr);
    std::this_thread::yield();
  }
  EXPECT_EQ(count_messages(element, GST_MESSAGE_ERROR), 1);
}

TEST_P(LiveErrors, PassThroughWithOneWarningAndMasksComeBack) {
  LiveElement element(line("on-error=passthrough " + mode()));
  GstClockTime pts = 0;
  EXPECT_NE(segmentation_on(pass_until_fresh(element, pts)), nullptr);
  control_->fail(true);
  pass_until_errors(element, pts, 1);
  for (int i = 0; i < 20; ++i) {
    const auto frame = element.pass(pts++);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(segmentation_on(frame), nullptr);
  }
  pass_until_errors(element, pts, 5);
  EXPECT_EQ(count_messages(element, GST_MESSAGE_WARNING), 1) << "for all of them";
  EXPECT_EQ(count_messages(element, GST_MESSAGE_ERROR), 0);
  control_->fail(false);
  Ptr<GstBuffer> frame;
  while (segmentation_on(frame) == nullptr) {
    frame = element.pass(pts++);
    ASSERT_NE(frame, nullptr);
    std::this_thread::yield();
  }
  EXPECT_GT(element.statistic("errors"), 4U);
  EXPECT_EQ(count_messages(element, GST_MESSAGE_WARNING), 0);
}

TEST_P(LiveErrors, OfPreparingPassThroughToo) {
  LiveElement element(line("on-error=passthrough " + mode()));
  GstClockTime pts = 0;
  pass_until_fresh(element, pts);
  control_->fail(false, true);
  pass_until_errors(element, pts, 3);
  EXPECT_EQ(count_messages(element, GST_MESSAGE_WARNING), 1);
  control_->fail(false);
  EXPECT_NE(segmentation_on(pass_until_fresh(element, pts)), nullptr);
}

TEST_P(LiveErrors, ThatAreNoErrorsOfOursAreTakenAsWell) {
  control_->before = [](std::span<const SegmentRequest>) { throw std::runtime_error("alien"); };
  LiveElement element(line("on-error=passthrough " + mode()));
  GstClockTime pts = 0;
  pass_until_errors(element, pts, 1);
  const auto warning = element.messages().next(GST_MESSAGE_WARNING);
  ASSERT_NE(warning, nullptr);
  EXPECT_TRUE(
      g_error_matches(error_of(warning.get()).get(), GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED));
}

TEST_P(LiveErrors, OfOneStreamDoNotDisturbAnother) {
  control_->before = [](std::span<const SegmentRequest> requests) {
    for (const SegmentRequest &request : requests)
      if (request.vocabulary()->vocabulary().classes().front().label == "bad")
        throw Error(ErrorKind::kInference, "that is a bad word");
  };
  LiveElement failing(line("vocabulary=\"bad\" " + mode()));
  LiveElement well(line(mode()));
  GstClockTime pts = 0;
  while (failing.push(frame_at(pts++)) == GST_FLOW_OK) {
    ASSERT_NE(well.pass(pts), nullptr);
    std::this_thread::yield();
  }
  EXPECT_NE(segmentation_on(pass_until_fresh(well, pts)), nullptr);
  EXPECT_EQ(count_messages(well, GST_MESSAGE_ERROR), 0);
  EXPECT_EQ(count_messages(failing, GST_MESSAGE_ERROR), 1);
  EXPECT_EQ(control_->loads, 1);
}

}  // namespace
}  // namespace naclip::testing
