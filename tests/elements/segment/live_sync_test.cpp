// Streams that wait for their masks: which do, what that costs a live pipeline, and how the wait
// ends.
#include <optional>

#include "live_fixture.h"

namespace naclip::testing {
namespace {

using LiveSync = Live;

/// As it is told downstream, ns; none where upstream is not live.
std::optional<GstClockTime> latency_told(LiveElement &element) {
  const Ptr<GstQuery> query(gst_query_new_latency());
  const Ptr<GstPad> pad(gst_element_get_static_pad(element.get(), "src"));
  EXPECT_TRUE(gst_pad_query(pad.get(), query.get()));
  gboolean live = FALSE;
  GstClockTime least = 0;
  gst_query_parse_latency(query.get(), &live, &least, nullptr);
  return live ? std::optional(least) : std::nullopt;
}

TEST_F(LiveSync, AutoWaitsOnlyWhereTheSourceIsNotLive) {
  {
    LiveElement element(line("mode=auto"), false);
    for (GstClockTime pts = 0; pts < 5; ++pts) EXPECT_EQ(source_of(element.pass(pts)), pts);
  }
  control_->gate(true);
  LiveElement element(line("mode=auto"), true);
  for (GstClockTime pts = 0; pts < 5; ++pts) EXPECT_EQ(segmentation_on(element.pass(pts)), nullptr);
  control_->gate(false);
}

TEST_F(LiveSync, EachFrameWaitsForItsOwnMask) {
  control_->gate(true);
  LiveElement element(line("mode=sync"));
  std::thread pusher([&] {
    for (GstClockTime pts = 0; pts < 3; ++pts) element.push(frame_at(pts));
  });
  std::vector<Ptr<GstBuffer>> frames;
  for (std::size_t i = 0; i < 3; ++i) {
    control_->wait_for_calls(i + 1);
    EXPECT_EQ(gst_harness_buffers_in_queue(element.harness()), 0U);
    control_->release();
    frames.emplace_back(gst_harness_pull(element.harness()));
  }
  pusher.join();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(source_of(frames[i]), i);
}

TEST_F(LiveSync, LatencyIsToldWhereALiveStreamWaits) {
  control_->before = [](std::span<const SegmentRequest>) {
    const gint64 until = g_get_monotonic_time() + 3000;  // works for 3 ms
    while (g_get_monotonic_time() < until) {
    }
  };
  LiveElement element(line("mode=sync"));
  gst_harness_set_upstream_latency(element.harness(), 7 * GST_MSECOND);
  EXPECT_EQ(latency_told(element), 7 * GST_MSECOND);
  EXPECT_EQ(element.messages().next(GST_MESSAGE_LATENCY), nullptr);
  element.pass(GstClockTime{0});
  EXPECT_NE(element.messages().next(GST_MESSAGE_LATENCY), nullptr);
  EXPECT_GE(latency_told(element), 10 * GST_MSECOND);
  EXPECT_GE(element.statistic("total-latency-last"), 3 * GST_MSECOND);
}

TEST_F(LiveSync, LatencyIsUpstreamsWhereNothingWaitsOrNothingIsLive) {
  LiveElement async(line("mode=async"));
  gst_harness_set_upstream_latency(async.harness(), 7 * GST_MSECOND);
  GstClockTime pts = 0;
  pass_until_fresh(async, pts);
  EXPECT_EQ(latency_told(async), 7 * GST_MSECOND);
  EXPECT_EQ(async.messages().next(GST_MESSAGE_LATENCY), nullptr);
  LiveElement file(line("mode=sync"), false);
  file.pass(GstClockTime{0});
  EXPECT_EQ(latency_told(file), std::nullopt);
  EXPECT_EQ(file.messages().next(GST_MESSAGE_LATENCY), nullptr);
}

/// How often a live stream of that rate is told that mode=async would suit it, where each frame
/// waits for 3 ms or more.
int warnings_at(const std::string &line, FakeControl &control, const std::string &rate) {
  control.before = [](std::span<const SegmentRequest>) {
    const gint64 until = g_get_monotonic_time() + 3000;
    while (g_get_monotonic_time() < until) {
    }
  };
  LiveElement element(line, true,
                      "video/x-raw,format=GRAY8,width=" + std::to_string(kLiveWidth) +
                          ",height=" + std::to_string(kLiveHeight) + ",framerate=" + rate);
  for (GstClockTime pts = 0; pts < 30; ++pts) element.pass(pts);
  int warnings = 0;
  while (const auto message = element.messages().next(GST_MESSAGE_WARNING)) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    warnings += std::string(error->message).find("mode=async") != std::string::npos ? 1 : 0;
  }
  return warnings;
}

TEST_F(LiveSync, AStreamThatIsFasterThanTheNetworkIsToldOnceOfAsync) {
  EXPECT_EQ(warnings_at(line("mode=sync"), *control_, "1000/1"), 1);
  EXPECT_EQ(warnings_at(line("mode=async"), *control_, "1000/1"), 0);
  EXPECT_EQ(warnings_at(line("mode=sync"), *control_, "1/10"), 0);
  EXPECT_EQ(warnings_at(line("mode=sync"), *control_, "0/1"), 0);
}

TEST_F(LiveSync, FlushEndsTheWait) {
  control_->gate(true);
  LiveElement element(line("mode=sync"));
  GstFlowReturn flow = GST_FLOW_OK;
  std::thread pusher([&] { flow = element.push(frame_at(1)); });
  control_->wait_for_calls(1);
  element.event(gst_event_new_flush_start());
  pusher.join();  // though the network is still at work
  EXPECT_EQ(flow, GST_FLOW_FLUSHING);
  element.event(gst_event_new_flush_stop(TRUE));
  element.segment_event();
  control_->release(2);
  EXPECT_EQ(source_of(element.pass(GstClockTime{9})), 9U) << "the old answer is not taken for it";
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(LiveSync, StoppingEndsTheWait) {
  LiveElement staying(line("mode=sync"));  // keeps the model, which else would be waited for
  control_->gate(true);
  LiveElement element(line("mode=sync"));
  std::thread pusher([&] { element.push(frame_at(1)); });
  control_->wait_for_calls(1);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  pusher.join();
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
  control_->gate(false);
}

TEST_F(LiveSync, StartsAgainAfterItWasStoppedInMidWait) {
  for (int i = 0; i < 10; ++i) {
    control_->gate(true);
    const std::size_t calls = control_->seen().size();
    LiveElement element(line("mode=sync"));
    std::thread pusher([&] { element.push(frame_at(1)); });
    control_->wait_for_calls(calls + 1);
    std::thread stopper([&] { gst_element_set_state(element.get(), GST_STATE_READY); });
    pusher.join();
    control_->gate(false);
    stopper.join();
    gst_element_set_state(element.get(), GST_STATE_PLAYING);
    element.event(gst_event_new_stream_start("again"));
    gst_harness_set_src_caps_str(element.harness(),
                                 caps_of("GRAY8", kLiveWidth, kLiveHeight).c_str());
    element.segment_event();
    EXPECT_EQ(source_of(element.pass(GstClockTime{5})), 5U);
  }
}

}  // namespace
}  // namespace naclip::testing
