// What else may change while the stream plays, what it tells of itself, and masks that follow what
// moves.
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <random>

#include "live_fixture.h"

namespace naclip::testing {
namespace {

class LiveProperties : public Live {
 protected:
  /// The part of a frame's mask that is labelled.
  static double labelled(const Ptr<GstBuffer> &frame) {
    const GstNaclipSegmentation *segmentation = segmentation_on(frame);
    if (segmentation == nullptr) return -1;
    double count = 0;
    const auto ids = mask_bytes(segmentation);
    for (const std::uint8_t id : ids) count += id > 0;
    return count / static_cast<double>(ids.size());
  }
};

TEST_F(LiveProperties, OfTheInferenceHoldFromTheNextFrameOn) {
  LiveElement element(line("mode=sync"));
  element.pass(GstClockTime{0});
  g_object_set(element.get(), "threshold", 0.25, "refine-steps", 3, "refine-dilations", "1, 2,4",
               "logit-scale", 12.5, "smoothing", 0.75, "input-size", 96, "window-size", 64,
               "window-stride", 32, nullptr);
  element.pass(GstClockTime{1});
  const InferenceOptions options = control_->last_options();
  EXPECT_EQ(options.threshold, 0.25);
  EXPECT_EQ(options.refine_steps, 3);
  EXPECT_EQ(options.refine_dilations, (std::vector<int>{1, 2, 4}));
  EXPECT_EQ(options.logit_scale, 12.5);
  EXPECT_EQ(options.smoothing, 0.75);
  EXPECT_EQ(options.input_size, 96);
  EXPECT_EQ(options.window_size, 64);
  EXPECT_EQ(options.window_stride, 32);
}

TEST_F(LiveProperties, EachRefinementHoldsFromTheNextFrameOn) {
  LiveElement element(line("mode=sync"));
  GstClockTime pts = 0;
  element.pass(pts++);
  EXPECT_EQ(control_->last_options().refine, Refine::kPamr);
  for (const Choice<Refine> &choice : kRefinements) {
    gst_util_set_object_arg(G_OBJECT(element.get()), "refine", choice.name);
    element.pass(pts++);
    EXPECT_EQ(control_->last_options().refine, choice.value) << choice.name;
  }
}

TEST_F(LiveProperties, IntervalHoldsFromTheNextFrameOn) {
  LiveElement element(line("mode=sync"));
  GstClockTime pts = 0;
  const auto sources = [&](int frames) {
    std::vector<GstClockTime> found;
    for (int i = 0; i < frames; ++i) found.push_back(source_of(element.pass(pts++)));
    return found;
  };
  EXPECT_EQ(sources(2), (std::vector<GstClockTime>{0, 1}));
  g_object_set(element.get(), "interval", 3, nullptr);
  EXPECT_EQ(sources(4), (std::vector<GstClockTime>{1, 1, 4, 4}));
  g_object_set(element.get(), "interval", 1, nullptr);
  EXPECT_EQ(sources(2), (std::vector<GstClockTime>{6, 7}));
}

TEST_F(LiveProperties, ThresholdFollowsAController) {
  LiveElement element(line("mode=sync"));
  element.segment_event();
  GstControlSource *source = gst_interpolation_control_source_new();
  g_object_set(source, "mode", GST_INTERPOLATION_MODE_LINEAR, nullptr);
  ASSERT_TRUE(gst_object_add_control_binding(
      GST_OBJECT(element.get()),
      gst_direct_control_binding_new_absolute(GST_OBJECT(element.get()), "threshold", source)));
  auto *values = GST_TIMED_VALUE_CONTROL_SOURCE(source);
  gst_timed_value_control_source_set(values, 0, 0.0);
  gst_timed_value_control_source_set(values, 10 * GST_SECOND, 1.0);
  gst_object_unref(source);
  for (GstClockTime second = 0; second <= 10; ++second) {
    const auto frame = element.pass(second * GST_SECOND);
    EXPECT_NEAR(control_->last_options().threshold, static_cast<double>(second) / 10, 1e-9);
    EXPECT_EQ(labelled(frame), second <= 5 ? 1.0 : 0.0) << second;
  }
}

TEST_F(LiveProperties, PresenceShowsAClassOnceItHasBeenThereForItsTime) {
  LiveElement element(line("mode=sync presence=true presence-time=2000 presence-share=0.5"));
  const auto at_second = [&](GstClockTime second) {
    const auto frame = element.pass(second * GST_SECOND);
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation_on(frame), 2);
    EXPECT_NEAR(region->share, labelled(frame), 1e-9);
    return labelled(frame);
  };
  EXPECT_EQ(at_second(0), 0.0);
  EXPECT_EQ(at_second(1), 0.0);
  EXPECT_EQ(at_second(2), 1.0);
  element.event(gst_event_new_flush_start());
  element.event(gst_event_new_flush_stop(TRUE));
  element.segment_event();
  EXPECT_EQ(at_second(3), 0.0) << "a flush begins another stream";
  g_object_set(element.get(), "presence", FALSE, nullptr);
  EXPECT_EQ(at_second(4), 1.0);
  g_object_set(element.get(), "presence", TRUE, nullptr);
  EXPECT_EQ(at_second(5), 0.0);
}

TEST_F(LiveProperties, StatisticsCountWhatHappens) {
  LiveElement element(line("mode=sync interval=4"));
  for (GstClockTime pts = 0; pts < 10; ++pts) element.pass(pts);
  EXPECT_EQ(element.statistic("frames"), 10U);
  EXPECT_EQ(element.statistic("inferred"), 3U);
  EXPECT_EQ(element.statistic("skipped"), 7U);
  EXPECT_EQ(element.statistic("carried"), 0U);
  EXPECT_EQ(element.statistic("errors"), 0U);
  EXPECT_EQ(element.count("queue"), 0U);
  EXPECT_EQ(element.count("batch"), 1U);
  EXPECT_GE(element.statistic("total-latency-p99"), element.statistic("latency-last"));
}

TEST_F(LiveProperties, QueueIsWhatIsInWorkAndWhatWaits) {
  control_->gate(true);
  LiveElement element(line("mode=async"));
  EXPECT_EQ(element.count("queue"), 0U);
  element.pass(GstClockTime{0});
  control_->wait_for_calls(1);
  EXPECT_EQ(element.count("queue"), 1U);
  element.pass(GstClockTime{1});
  element.pass(GstClockTime{2});
  EXPECT_EQ(element.count("queue"), 2U);
  control_->gate(false);
}

TEST_F(LiveProperties, StatisticsArePostedWhenTheirTimeHasCome) {
  LiveElement element(line("mode=sync"));
  GstClockTime pts = 0;
  for (int i = 0; i < 50; ++i) element.pass(pts++);
  EXPECT_EQ(element.messages().next(GST_MESSAGE_ELEMENT), nullptr) << "nobody asked for them";
  constexpr int kInterval = 10;  // ms
  const gint64 begin = g_get_monotonic_time();
  g_object_set(element.get(), "stats-interval", kInterval, nullptr);
  for (int messages = 0; messages < 4; element.pass(pts++)) {
    const auto message = element.messages().next(GST_MESSAGE_ELEMENT);
    if (!message) continue;
    // The first one is due at once.
    EXPECT_GE(g_get_monotonic_time() - begin, messages * kInterval * 1000);
    EXPECT_TRUE(gst_structure_has_name(gst_message_get_structure(message.get()), "naclip-stats"));
    guint64 frames = 0;
    gst_structure_get_uint64(gst_message_get_structure(message.get()), "frames", &frames);
    EXPECT_EQ(frames, pts);
    ++messages;
  }
}

TEST_F(LiveProperties, StatisticsMayBeReadWhileTheElementComesAndGoes) {
  const Ptr<GstElement> element(static_cast<GstElement *>(
      gst_object_ref_sink(gst_parse_launch(line("mode=async").c_str(), nullptr))));
  std::atomic<bool> running = true;
  std::vector<std::thread> others;
  for (int i = 0; i < 2; ++i)
    others.emplace_back([&, i] {
      while (running) {
        GstStructure *stats = nullptr;
        g_object_get(element.get(), "stats", &stats, nullptr);
        gst_structure_free(stats);
        g_object_set(element.get(), "vocabulary", i == 0 ? "cat; dog" : "sea", nullptr);
      }
    });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
  running = false;
  for (std::thread &other : others) other.join();
}

/// A bright, textured square on a dark, textured ground.
class LiveCarry : public LiveProperties {
 protected:
  static constexpr int kWidth = 160, kHeight = 120, kSquare = 40;

  LiveCarry() {
    std::mt19937 random(1);
    for (std::uint8_t &value : ground_) value = static_cast<std::uint8_t>(random() % 110);
    for (std::uint8_t &value : square_) value = static_cast<std::uint8_t>(140 + random() % 110);
  }

  /// The square's left edge at x.
  Ptr<GstBuffer> scene(int x, GstClockTime pts) const {
    auto frame = make_frame(GST_VIDEO_FORMAT_GRAY8, kWidth, kHeight);
    GST_BUFFER_PTS(frame.get()) = pts;
    const MappedFrame mapped(frame.get(), info_of(GST_VIDEO_FORMAT_GRAY8, kWidth, kHeight),
                             GST_MAP_WRITE);
    // Of 4 x 4 pixels a grain, so that it survives shrinking.
    for (int row = 0; row < kHeight; ++row)
      for (int column = 0; column < kWidth; ++column) {
        const bool inside =
            column >= x && column < x + kSquare && row >= kSquare && row < 2 * kSquare;
        mapped.plane(0)[row * mapped.stride(0) + column] =
            inside ? square_[(row - kSquare) / 4 * 10 + (column - x) / 4]
                   : ground_[row / 4 * (kWidth / 4) + column / 4];
      }
    return frame;
  }

  /// Mean column of what a mask labels; -1 for nothing.
  static double middle(const Ptr<GstBuffer> &frame) {
    const GstNaclipSegmentation *segmentation = segmentation_on(frame);
    if (segmentation == nullptr) return -1;
    double sum = 0, count = 0;
    const auto ids = mask_bytes(segmentation);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == 0) continue;
      sum += static_cast<double>(i % kWidth);
      ++count;
    }
    return count > 0 ? sum / count : -1;
  }
  /// Scenes look different from now on.
  void cut() {
    std::mt19937 random(2);
    for (std::uint8_t &value : ground_) value = static_cast<std::uint8_t>(random() % 110);
    for (std::uint8_t &value : square_) value = static_cast<std::uint8_t>(140 + random() % 110);
  }
  static double true_middle(int x) { return x + (kSquare - 1) / 2.0; }
  std::string carry_line(const std::string &more) const {
    return line("vocabulary=square " + more);
  }

  std::array<std::uint8_t, (kWidth / 4) * (kHeight / 4)> ground_{};
  std::array<std::uint8_t, 10 * 10> square_{};
};

TEST_F(LiveCarry, MaskFollowsWhatMovesWhileTheNetworkIsAtWork) {
  // Beside a network on the CPU carrying has a budget, which a slow machine's would exceed.
  control_->device = "cuda:0";
  for (const char *carry : {"auto", "off"}) {
    control_->gate(true);
    const std::size_t calls = control_->seen().size();
    LiveElement element(carry_line(std::string("mode=async carry=") + carry), true,
                        caps_of("GRAY8", kWidth, kHeight));
    element.pass(scene(20, 0));
    control_->wait_for_calls(calls + 1);
    element.pass(scene(20, 1));
    control_->release();
    control_->wait_for_calls(calls + 2);
    for (int i = 2; i < 17; ++i) {
      const int x = 20 + 2 * i;
      const auto frame = element.pass(scene(x, static_cast<GstClockTime>(i)));
      EXPECT_EQ(source_of(frame), 0U) << "the age is that of the mask that was carried";
      const double expected = true_middle(std::string(carry) == "off" ? 20 : x);
      EXPECT_NEAR(middle(frame), expected, 3.0) << carry << " " << i;
    }
    EXPECT_EQ(element.statistic("carried"), std::string(carry) == "off" ? 0U : 15U);
    control_->gate(false);
  }
}

TEST_F(LiveCarry, SceneCutIsInferredAtOnceWhereFramesWait) {
  LiveElement element(carry_line("mode=sync interval=100 carry=on"), false,
                      caps_of("GRAY8", kWidth, kHeight));
  for (int i = 0; i < 8; ++i) {
    const auto frame = element.pass(scene(20 + 2 * i, static_cast<GstClockTime>(i)));
    EXPECT_EQ(source_of(frame), 0U);
    EXPECT_NEAR(middle(frame), true_middle(20 + 2 * i), 3.0) << i;
  }
  EXPECT_EQ(element.statistic("inferred"), 1U);
  cut();
  EXPECT_EQ(source_of(element.pass(scene(110, 8))), 8U);
  EXPECT_EQ(source_of(element.pass(scene(110, 9))), 8U);
  EXPECT_EQ(element.statistic("inferred"), 2U);
  EXPECT_EQ(element.statistic("carried"), 8U);
}

TEST_F(LiveCarry, CutLeavesTheOtherInferencesWhereTheyAre) {
  LiveElement element(carry_line("mode=sync interval=6 carry=on"), false,
                      caps_of("GRAY8", kWidth, kHeight));
  for (int i = 0; i < 14; ++i) {
    if (i == 8) cut();
    const auto source = source_of(element.pass(scene(20, static_cast<GstClockTime>(i))));
    EXPECT_EQ(source, i < 6 ? 0U : i < 8 ? 6U : i < 12 ? 8U : 12U) << i;
  }
}

TEST_F(LiveCarry, MayBeTurnedOnWhilePlaying) {
  LiveElement element(carry_line("mode=sync interval=6"), false, caps_of("GRAY8", kWidth, kHeight));
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(middle(element.pass(scene(20 + 2 * i, static_cast<GstClockTime>(i)))),
                true_middle(20), 1e-9);
  g_object_set(element.get(), "carry", 2, nullptr);
  for (int i = 3; i < 12; ++i)
    EXPECT_NEAR(middle(element.pass(scene(20 + 2 * i, static_cast<GstClockTime>(i)))),
                true_middle(20 + 2 * i), 3.0)
        << i;
  EXPECT_GT(element.statistic("carried"), 5U);
}

}  // namespace
}  // namespace naclip::testing
