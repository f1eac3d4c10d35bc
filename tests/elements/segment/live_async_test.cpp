// Streams that never wait: what frames carry while the network is at work.
#include "live_fixture.h"

namespace naclip::testing {
namespace {

using LiveAsync = Live;

std::string async(const std::string &more = "") {
  return "mode=async " + more;
}

TEST_F(LiveAsync, FramesPassWithoutMaskWhileTheFirstIsInWork) {
  control_->gate(true);
  LiveElement element(line(async()));
  for (GstClockTime pts = 0; pts < 30; ++pts) {
    const auto frame = element.pass(pts);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(GST_BUFFER_PTS(frame.get()), pts);
    EXPECT_EQ(segmentation_on(frame), nullptr);
  }
  EXPECT_LE(control_->seen().size(), 1U) << "one in work";
  EXPECT_LE(element.count("queue"), 2U) << "and one that waits";
  control_->gate(false);
}

TEST_F(LiveAsync, MaskTellsTheFrameThatItIsOf) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{100});
  control_->wait_for_calls(1);
  for (const GstClockTime pts : {101, 102, 103}) element.pass(pts);
  control_->release();
  control_->wait_for_calls(2);  // so that the first one's answer is there
  const auto frame = element.pass(GstClockTime{110});
  ASSERT_NE(segmentation_on(frame), nullptr);
  EXPECT_EQ(source_of(frame), 100U);
  EXPECT_EQ(gst_naclip_segmentation_meta_get_age(
                gst_buffer_get_naclip_segmentation_meta(frame.get()), frame.get()),
            10);
  control_->release();
  control_->wait_for_calls(3);
  EXPECT_EQ(source_of(element.pass(GstClockTime{111})), 103U)
      << "the newest frame takes the place of those that wait";
  control_->gate(false);
}

TEST_F(LiveAsync, MaskNeverGoesAgain) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  element.pass(GstClockTime{1});
  control_->release();
  control_->wait_for_calls(2);
  GstClockTime newest = 0;
  std::size_t calls = 2;
  for (GstClockTime pts = 2; pts < 200; ++pts) {
    if (pts % 7 == 0) {
      control_->release();
      control_->wait_for_calls(++calls);
    }
    const auto frame = element.pass(pts);
    ASSERT_NE(segmentation_on(frame), nullptr) << pts;
    EXPECT_GE(source_of(frame), newest);
    newest = source_of(frame);
    EXPECT_LE(newest, pts);
  }
  EXPECT_GE(newest, 180U);
  control_->gate(false);
}

TEST_F(LiveAsync, FramesGoBackToTheirPoolWhileTheirInferenceIsInWork) {
  control_->gate(true);
  LiveElement element(line(async()));
  const Ptr<GstBufferPool> pool(gst_buffer_pool_new());
  GstStructure *config = gst_buffer_pool_get_config(pool.get());
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_of("GRAY8", kLiveWidth, kLiveHeight).c_str()));
  gst_buffer_pool_config_set_params(config, caps.get(), kLiveWidth * kLiveHeight, 1, 1);
  ASSERT_TRUE(gst_buffer_pool_set_config(pool.get(), config));
  ASSERT_TRUE(gst_buffer_pool_set_active(pool.get(), TRUE));
  GstBufferPoolAcquireParams at_once{};
  at_once.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
  for (GstClockTime pts = 0; pts < 5; ++pts) {
    GstBuffer *frame = nullptr;
    ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool.get(), &frame, &at_once), GST_FLOW_OK) << pts;
    GST_BUFFER_PTS(frame) = pts;
    element.pass(Ptr<GstBuffer>(frame));
    control_->wait_for_calls(1);
  }
  EXPECT_EQ(element.count("queue"), 2U);
  gst_buffer_pool_set_active(pool.get(), FALSE);
  control_->gate(false);
}

TEST_F(LiveAsync, IntervalLetsOnlyEveryNthFrameIn) {
  control_->gate(true);
  LiveElement element(line(async("interval=3")));
  element.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  element.pass(GstClockTime{1});  // due as well, since there is no mask yet
  control_->release();
  control_->wait_for_calls(2);
  const int before = control_->prepared;
  for (GstClockTime pts = 2; pts < 11; ++pts) EXPECT_EQ(source_of(element.pass(pts)), 0U);
  EXPECT_EQ(control_->prepared - before, 3) << "frames 4, 7 and 10";
  control_->release();
  control_->wait_for_calls(3);
  EXPECT_EQ(source_of(element.pass(GstClockTime{11})), 1U);
  control_->gate(false);
}

TEST_F(LiveAsync, EosPassesWhileAFrameIsInWork) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  element.event(gst_event_new_eos());
  EXPECT_TRUE(element.saw_event(GST_EVENT_EOS));
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
  control_->gate(false);
}

TEST_F(LiveAsync, FlushDiscardsWhatIsInWorkAndWhatWaits) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{1});
  control_->wait_for_calls(1);
  element.pass(GstClockTime{2});
  element.event(gst_event_new_flush_start());
  element.event(gst_event_new_flush_stop(TRUE));
  element.segment_event();
  EXPECT_EQ(segmentation_on(element.pass(GstClockTime{1000})), nullptr);
  control_->release();          // the answer to frame 1, which nobody wants
  control_->wait_for_calls(2);  // with frame 1000
  EXPECT_EQ(segmentation_on(element.pass(GstClockTime{1001})), nullptr);
  control_->release();
  control_->wait_for_calls(3);
  EXPECT_EQ(source_of(element.pass(GstClockTime{1002})), 1000U);
  control_->gate(false);
}

TEST_F(LiveAsync, ChangedCapsStartAnew) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{1});
  control_->wait_for_calls(1);
  element.pass(GstClockTime{2});
  control_->release();
  control_->wait_for_calls(2);
  EXPECT_EQ(source_of(element.pass(GstClockTime{3})), 1U);
  gst_harness_set_src_caps_str(element.harness(), caps_of("GRAY8", 32, 40).c_str());
  const auto other = [](GstClockTime pts) {
    auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, 32, 40, 0, 200);
    GST_BUFFER_PTS(frame.get()) = pts;
    return frame;
  };
  EXPECT_EQ(segmentation_on(element.pass(other(4))), nullptr) << "the old mask is of another size";
  control_->release();
  control_->wait_for_calls(3);
  EXPECT_EQ(segmentation_on(element.pass(other(5))), nullptr) << "so is what was in work";
  control_->release();
  control_->wait_for_calls(4);
  const auto frame = element.pass(other(6));
  EXPECT_EQ(source_of(frame), 4U);
  ASSERT_NE(segmentation_on(frame), nullptr);
  EXPECT_EQ(gst_naclip_segmentation_get_width(segmentation_on(frame)), 32U);
  control_->gate(false);
}

TEST_F(LiveAsync, ElementLeavesAtOnceWhileAnotherKeepsTheModel) {
  LiveElement staying(line(async()));
  control_->gate(true);
  LiveElement leaving(line(async()));
  leaving.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  EXPECT_EQ(gst_element_set_state(leaving.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(control_->loads, 1);
  control_->gate(false);
  GstClockTime pts = 0;
  EXPECT_NE(segmentation_on(pass_until_fresh(staying, pts)), nullptr);
}

TEST_F(LiveAsync, LastElementStopsOnceItsFrameIsDone) {
  control_->gate(true);
  LiveElement element(line(async()));
  element.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  element.pass(GstClockTime{1});
  std::thread stopper([&] { gst_element_set_state(element.get(), GST_STATE_NULL); });
  control_->gate(false);  // whether the frame in line is begun is a matter of who comes first
  stopper.join();
  EXPECT_EQ(control_->live_segmenters, 0);
}

TEST_F(LiveAsync, PausedElementAsksForNothing) {
  LiveElement element(line(async()));
  GstClockTime pts = 0;
  pass_until_fresh(element, pts);
  element.pass(pts);
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  const int before = control_->prepared;
  gst_element_set_state(element.get(), GST_STATE_PLAYING);
  EXPECT_EQ(control_->prepared, before);
  EXPECT_NE(segmentation_on(element.pass(++pts)), nullptr) << "and the mask is still there";
}

TEST_F(LiveAsync, NoMaskIsForgottenWhereFramesHaveNoTime) {
  LiveElement element(line(async()));
  for (bool masked = false; !masked;) {
    const auto frame = element.pass(frame_at(GST_CLOCK_TIME_NONE));
    masked = segmentation_on(frame) != nullptr;
    if (masked) {
      EXPECT_EQ(source_of(frame), GST_CLOCK_TIME_NONE);
    }
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace naclip::testing
