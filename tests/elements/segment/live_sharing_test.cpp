// Elements on one model: who loads it, who frees it, and that none disturbs another.
#include <mutex>

#include "frame_feeder.h"
#include "live_fixture.h"

namespace naclip::testing {
namespace {

using LiveSharing = Live;

TEST_F(LiveSharing, ModelIsLoadedOnceAndFreedByTheLast) {
  auto first = std::make_unique<LiveElement>(line("mode=sync"));
  auto second = std::make_unique<LiveElement>(line("mode=async"));
  EXPECT_EQ(control_->loads, 1);
  first.reset();
  EXPECT_EQ(control_->live_segmenters, 1);
  GstClockTime pts = 0;
  EXPECT_NE(segmentation_on(pass_until_fresh(*second, pts)), nullptr);
  second.reset();
  EXPECT_EQ(control_->live_segmenters, 0);
  LiveElement third(line("mode=sync"));
  EXPECT_EQ(control_->loads, 2) << "it was gone";
}

TEST_F(LiveSharing, EachHasItsOwnWordsAndProperties) {
  LiveElement animals(line("mode=sync")), sea(line("mode=sync vocabulary=\"sea; sand; sky\""));
  g_object_set(sea.get(), "threshold", 1.0, nullptr);
  for (GstClockTime pts = 0; pts < 20; ++pts) {
    const auto one = animals.pass(pts), other = sea.pass(pts);
    EXPECT_EQ(labels_of(segmentation_on(one)), (Labels{"background", "cat", "dog"}));
    EXPECT_EQ(labels_of(segmentation_on(other)), (Labels{"background", "sea", "sand", "sky"}));
    EXPECT_EQ(mask_bytes(segmentation_on(one)).front(), 2);
    EXPECT_EQ(mask_bytes(segmentation_on(other)).front(), 0);
  }
  EXPECT_EQ(control_->loads, 1);
}

TEST_F(LiveSharing, FramesOfStreamsThatWaitTogetherRunTogether) {
  LiveElement first(line("mode=async")), second(line("mode=async")), third(line("mode=async"));
  control_->gate(true);
  first.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  for (LiveElement *element : {&first, &second, &third}) element->pass(GstClockTime{1});
  control_->release();
  control_->wait_for_calls(2);
  EXPECT_EQ(control_->seen().back().size(), 3U);
  first.pass(GstClockTime{2});
  control_->release();
  control_->wait_for_calls(3);
  second.pass(GstClockTime{2});
  EXPECT_EQ(second.count("batch"), 3U);
  control_->gate(false);
}

TEST_F(LiveSharing, ReplacedFileIsAnotherModelAndTheOldOneGoesOn) {
  LiveElement old(line("mode=sync"));
  EXPECT_NE(segmentation_on(old.pass(GstClockTime{0})), nullptr);
  write("model", "another model");
  LiveElement fresh(line("mode=sync"));
  EXPECT_EQ(control_->loads, 2);
  EXPECT_EQ(control_->live_segmenters, 2);
  LiveElement also_fresh(line("mode=sync"));
  EXPECT_EQ(control_->loads, 2);
  EXPECT_NE(segmentation_on(old.pass(GstClockTime{1})), nullptr);
  EXPECT_NE(segmentation_on(fresh.pass(GstClockTime{1})), nullptr);
}

TEST_F(LiveSharing, OneThatCannotStartDoesNotDisturbTheOthers) {
  LiveElement element(line("mode=sync"));
  element.pass(GstClockTime{0});
  for (const char *wrong : {"device=cuda", "model=/nowhere/model", "vocabulary=\"cat; cat\""}) {
    const Ptr<GstElement> other(static_cast<GstElement *>(
        gst_object_ref_sink(gst_parse_launch(line(wrong).c_str(), nullptr))));
    Messages messages(other.get());
    gst_element_set_state(other.get(), GST_STATE_PAUSED);
    EXPECT_NE(messages.wait_for(GST_MESSAGE_ERROR), nullptr) << wrong;
    gst_element_set_state(other.get(), GST_STATE_NULL);
    EXPECT_EQ(source_of(element.pass(GstClockTime{1})), 1U);
  }
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(LiveSharing, TwoMayLeaveAtOnceWhileTheirBatchIsInWork) {
  for (int round = 0; round < 20; ++round) {
    const std::size_t calls = control_->seen().size();
    control_->gate(true);
    LiveElement first(line("mode=async")), second(line("mode=async"));
    first.pass(GstClockTime{0});
    control_->wait_for_calls(calls + 1);
    first.pass(GstClockTime{1});
    second.pass(GstClockTime{1});
    control_->release();
    control_->wait_for_calls(calls + 2);
    EXPECT_EQ(control_->seen().back().size(), 2U);
    std::thread one([&] { gst_element_set_state(first.get(), GST_STATE_NULL); });
    std::thread other([&] { gst_element_set_state(second.get(), GST_STATE_NULL); });
    control_->gate(false);
    one.join();
    other.join();
    EXPECT_EQ(control_->live_segmenters, 0);
  }
}

TEST_F(LiveSharing, ElementsComeAndGoUnderAStreamThatPlaysOn) {
  LiveElement playing(line("mode=sync"));
  std::atomic<bool> running = true;
  std::thread player([&] {
    for (GstClockTime pts = 0; running; ++pts) EXPECT_EQ(source_of(playing.pass(pts)), pts);
  });
  for (int i = 0; i < 100; ++i) {
    LiveElement visitor(line(i % 2 == 0 ? "mode=async" : "mode=sync vocabulary=\"sea\""));
    for (GstClockTime pts = 0; pts < 3; ++pts) EXPECT_NE(visitor.pass(pts), nullptr);
  }
  running = false;
  player.join();
  EXPECT_EQ(control_->loads, 1);
}

class LiveStates : public Live, public ::testing::WithParamInterface<const char *> {};
INSTANTIATE_TEST_SUITE_P(Mode, LiveStates, ::testing::Values("sync", "async"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(LiveStates, ChangeAHundredTimesUnderLoad) {
  const std::string caps = caps_of("GRAY8", kLiveWidth, kLiveHeight);
  FrameFeeder feeder(line(std::string("mode=") + GetParam()), caps);
  Messages messages(feeder.element());
  std::atomic<bool> running = true;
  std::atomic<int> passed = 0;
  // GstBaseTransform forgets its segment when it starts, and reads it without a lock for each
  // frame: none may come just then. They may whenever it stops.
  std::atomic<bool> starts = false;
  std::mutex pushing;
  std::thread player([&] {
    for (GstClockTime pts = 0; running; ++pts) {
      while (starts) std::this_thread::yield();  // a mutex alone need not let the other one in
      const std::lock_guard lock(pushing);
      const GstFlowReturn flow = feeder.push(frame_at(pts));
      if (flow == GST_FLOW_OK)
        ++passed;
      else
        feeder.announce(caps);
    }
  });
  const GstState states[] = {GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PLAYING};
  for (int i = 0; i < 400; ++i) {
    // Each time frames have gone through before the next change.
    const int before = passed;
    const GstState state = states[i % 4];
    if (state < GST_STATE_PAUSED) {
      EXPECT_EQ(gst_element_set_state(feeder.element(), state), GST_STATE_CHANGE_SUCCESS);
      continue;
    }
    starts = true;
    {
      const std::lock_guard lock(pushing);
      EXPECT_EQ(gst_element_set_state(feeder.element(), state), GST_STATE_CHANGE_SUCCESS);
    }
    starts = false;
    while (passed < before + 2) std::this_thread::yield();
  }
  running = false;
  player.join();
  EXPECT_EQ(messages.next(GST_MESSAGE_ERROR), nullptr);
}

}  // namespace
}  // namespace naclip::testing
