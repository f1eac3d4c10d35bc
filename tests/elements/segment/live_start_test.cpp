// An element that starts: what it tells while it loads and encodes, what works meanwhile, and how
// that ends.
#include "elements/segment/reports.h"
#include "live_fixture.h"

namespace naclip::testing {
namespace {

class LiveStart : public Live {
 protected:
  /// Code and type of all progress messages that are on the bus, but for those in between, which
  /// come with time.
  static std::vector<std::pair<std::string, GstProgressType>> told(LiveElement &element) {
    std::vector<std::pair<std::string, GstProgressType>> found;
    while (const auto message = element.messages().next(GST_MESSAGE_PROGRESS)) {
      const Progress progress = progress_of(message.get());
      if (progress.type != GST_PROGRESS_TYPE_CONTINUE)
        found.emplace_back(progress.code, progress.type);
    }
    return found;
  }
  static void set_state(LiveElement &element, GstState state) {
    EXPECT_EQ(gst_element_set_state(element.get(), state), GST_STATE_CHANGE_SUCCESS);
  }
  static void expect_no_error(LiveElement &element) {
    EXPECT_EQ(element.messages().next(GST_MESSAGE_ERROR), nullptr);
  }
};

using Told = std::vector<std::pair<std::string, GstProgressType>>;

TEST_F(LiveStart, FramesPassAndAllAnswersWhileTheModelLoads) {
  control_->gate_loading(true);
  LiveElement element(kStarting, line("mode=async"));
  control_->wait_for_loads(1);
  for (GstClockTime pts = 0; pts < 10; ++pts) {
    const auto frame = element.pass(pts);
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(segmentation_on(frame), nullptr);
  }
  EXPECT_EQ(element.statistic("frames"), 10U);
  EXPECT_EQ(element.count("queue"), 0U);
  g_object_set(element.get(), "threshold", 0.25, "vocabulary", "sea; sand", nullptr);
  const Ptr<GstQuery> query(gst_query_new_latency());
  const Ptr<GstPad> pad(gst_element_get_static_pad(element.get(), "src"));
  EXPECT_TRUE(gst_pad_query(pad.get(), query.get()));
  control_->gate_loading(false);
  element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  GstClockTime pts = 10;
  const auto frame = pass_until_fresh(element, pts);
  EXPECT_EQ(labels_of(segmentation_on(frame)), (Labels{"background", "sea", "sand"}));
  EXPECT_EQ(control_->last_options().threshold, 0.25);
}

TEST_F(LiveStart, IsToldInPairsOfMessages) {
  control_->gate_loading(true);
  control_->gate_encoding(true);
  LiveElement element(kStarting, line("mode=async"));
  control_->wait_for_loads(1);
  EXPECT_EQ(told(element), (Told{{"load", GST_PROGRESS_TYPE_START}}));
  control_->gate_loading(false);
  control_->wait_for_encodes(1);
  EXPECT_EQ(told(element),
            (Told{{"load", GST_PROGRESS_TYPE_COMPLETE}, {"encode", GST_PROGRESS_TYPE_START}}));
  control_->gate_encoding(false);
  EXPECT_EQ(element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE),
            "encoded words: 2 of 2");
  set_state(element, GST_STATE_READY);
  EXPECT_EQ(told(element), Told{}) << "nothing went on";
}

TEST_F(LiveStart, FrameThatWaitsForItsMaskWaitsForTheModel) {
  control_->gate_loading(true);
  LiveElement element(kStarting, line("mode=sync"));
  std::thread pusher([&] { element.push(frame_at(3)); });
  control_->wait_for_loads(1);
  EXPECT_EQ(gst_harness_buffers_in_queue(element.harness()), 0U);
  control_->gate_loading(false);
  pusher.join();
  EXPECT_EQ(source_of(Ptr<GstBuffer>(gst_harness_pull(element.harness()))), 3U);
}

TEST_F(LiveStart, EndsAtOnceThoughTheModelStillLoads) {
  for (const char *mode : {"mode=sync", "mode=async"}) {
    control_->gate_loading(true);
    const int loads = control_->loading;
    LiveElement element(kStarting, line(mode));
    control_->wait_for_loads(loads + 1);
    std::thread pusher([&] { EXPECT_NE(element.push(frame_at(1)), GST_FLOW_ERROR); });
    set_state(element, GST_STATE_READY);  // the gate is closed: whoever waits for it waits for ever
    pusher.join();
    EXPECT_EQ(told(element),
              (Told{{"load", GST_PROGRESS_TYPE_START}, {"load", GST_PROGRESS_TYPE_CANCELED}}));
    set_state(element, GST_STATE_NULL);
    control_->gate_loading(false);
    control_->wait_until_freed();
    EXPECT_EQ(control_->encoded_labels().size(), 0U) << "what it read is dropped";
    EXPECT_EQ(told(element), Told{}) << "it was told that this has ended";
  }
}

TEST_F(LiveStart, EndsThoughTheElementIsGoneBeforeItsModelIsLoaded) {
  control_->gate_loading(true);
  { LiveElement element(kStarting, line("mode=sync")); }
  control_->load_fails = true;
  control_->gate_loading(false);  // what fails now is told to nobody
  control_->wait_until_freed();
}

TEST_F(LiveStart, EndsAtOnceThoughWordsAreStillEncoded) {
  control_->gate_encoding(true);
  LiveElement element(kStarting, line("mode=sync"));
  control_->wait_for_encodes(1);
  std::thread pusher([&] { EXPECT_EQ(element.push(frame_at(1)), GST_FLOW_FLUSHING); });
  set_state(element, GST_STATE_READY);
  pusher.join();
  EXPECT_EQ(told(element), (Told{{"load", GST_PROGRESS_TYPE_START},
                                 {"load", GST_PROGRESS_TYPE_COMPLETE},
                                 {"encode", GST_PROGRESS_TYPE_START},
                                 {"encode", GST_PROGRESS_TYPE_CANCELED}}));
  expect_no_error(element);
}

TEST_F(LiveStart, GoesOnAfterAFlush) {
  control_->gate_loading(true);
  LiveElement element(kStarting, line("mode=sync"));
  control_->wait_for_loads(1);
  GstFlowReturn flow = GST_FLOW_OK;
  std::thread pusher([&] { flow = element.push(frame_at(1)); });
  element.event(gst_event_new_flush_start());
  pusher.join();
  EXPECT_EQ(flow, GST_FLOW_FLUSHING);
  element.event(gst_event_new_flush_stop(TRUE));
  element.segment_event();
  control_->gate_loading(false);
  EXPECT_EQ(source_of(element.pass(GstClockTime{9})), 9U);
  EXPECT_EQ(control_->loads, 1);
}

TEST_F(LiveStart, MayBeBegunAgainWhileTheModelOfTheLastOneStillLoads) {
  control_->gate_loading(true);
  LiveElement element(kStarting, line("mode=sync"));
  control_->wait_for_loads(1);
  set_state(element, GST_STATE_NULL);
  set_state(element, GST_STATE_PLAYING);
  control_->gate_loading(false);
  element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  expect_no_error(element);
}

TEST_F(LiveStart, EncodesTheNewestWordsAlone) {
  control_->gate_encoding(true);
  LiveElement element(kStarting, line("mode=sync"));
  control_->wait_for_encodes(1);
  g_object_set(element.get(), "vocabulary", "sea; sand", nullptr);
  control_->wait_for_encodes(2);  // the gate is closed: the first ones were given up
  control_->gate_encoding(false);
  EXPECT_EQ(labels_of(segmentation_on(element.pass(GstClockTime{0}))),
            (Labels{"background", "sea", "sand"}));
  EXPECT_EQ(control_->encoded_labels(), (Labels{"cat", "sea"}));
}

class LiveStartThatFails : public LiveStart, public ::testing::WithParamInterface<const char *> {};
INSTANTIATE_TEST_SUITE_P(Mode, LiveStartThatFails, ::testing::Values("sync", "async"),
                         [](const auto &info) { return std::string(info.param); });

TEST_P(LiveStartThatFails, IsOneErrorAndTheStreamsEnd) {
  for (const bool loading : {true, false}) {
    control_->load_fails = loading;
    control_->fail(false, false, !loading);
    LiveElement element(kStarting, line(std::string("mode=") + GetParam()));
    const auto message = element.messages().wait_for(GST_MESSAGE_ERROR);
    ASSERT_NE(message, nullptr);
    EXPECT_TRUE(g_error_matches(error_of(message.get()).get(), GST_LIBRARY_ERROR,
                                loading ? GST_LIBRARY_ERROR_INIT : GST_LIBRARY_ERROR_FAILED));
    GstFlowReturn flow = GST_FLOW_OK;
    while (flow == GST_FLOW_OK) flow = element.push(frame_at(0));
    EXPECT_EQ(flow, GST_FLOW_ERROR);
    EXPECT_EQ(element.push(frame_at(1)), GST_FLOW_ERROR);
    expect_no_error(element);
    // And may succeed later.
    control_->load_fails = false;
    control_->fail(false);
    set_state(element, GST_STATE_NULL);
    set_state(element, GST_STATE_PLAYING);
    element.messages().wait_for_progress("encode", GST_PROGRESS_TYPE_COMPLETE);
  }
}

TEST_F(LiveStart, ThatFailsIsToldAsProgressToo) {
  control_->load_fails = true;
  LiveElement element(kStarting, line("mode=async"));
  element.messages().wait_for_progress("load", GST_PROGRESS_TYPE_ERROR);
  element.messages().wait_for(GST_MESSAGE_ERROR);
}

TEST_F(LiveStart, FailsWithAValueThatWasRefusedBefore) {
  const Ptr<GstElement> element(static_cast<GstElement *>(gst_object_ref_sink(gst_parse_launch(
      line("mode=async refine-dilations=banana window-size=7").c_str(), nullptr))));
  Messages messages(element.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  auto message = messages.next(GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  EXPECT_NE(std::string(error_of(message.get())->message).find("banana"), std::string::npos);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  g_object_set(element.get(), "refine-dilations", "1,2", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  message = messages.next(GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  EXPECT_NE(std::string(error_of(message.get())->message).find("window-size"), std::string::npos);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  g_object_set(element.get(), "window-size", 64, nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST(SegmentProgresses, ArePostedFourTimesASecondAtMostAndEndOnce) {
  std::vector<std::pair<GstProgressType, gint64>> posted;
  SegmentReports reports;
  reports.progress = [&](GstProgressType type, const char *, const std::string &) {
    posted.emplace_back(type, g_get_monotonic_time());
  };
  SegmentProgress progress(reports);
  const gint64 start = g_get_monotonic_time();
  progress.begin("encode", "begun");
  while (posted.size() < 3) progress.go_on("going on");
  progress.end(GST_PROGRESS_TYPE_COMPLETE, "done");
  progress.end(GST_PROGRESS_TYPE_CANCELED, "too late");
  progress.go_on("too late");
  progress.close();
  progress.begin("encode", "too late");
  ASSERT_EQ(posted.size(), 4U);
  EXPECT_GE(posted[1].second - start, 250000);
  EXPECT_GE(posted[2].second - start, 500000);
  EXPECT_EQ(posted[2].first, GST_PROGRESS_TYPE_CONTINUE);
  EXPECT_EQ(posted[3].first, GST_PROGRESS_TYPE_COMPLETE);
}

}  // namespace
}  // namespace naclip::testing
