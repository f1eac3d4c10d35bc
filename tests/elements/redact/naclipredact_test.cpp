// naclipredact in a harness: what it does to buffers, in time, and with its settings. Where it
// fails closed is tested in fail_closed_test.cpp.
#include "elements/redact/naclipredact.h"

#include <gtest/gtest.h>

#include "elements/support/canvas.h"
#include "redact_fixture.h"

namespace naclip::testing {
namespace {

/// The first byte of a frame whose left half was 220 once its class is covered; a failure where
/// the last one of its first row, 100, has changed.
int first_byte_after(const std::string &mode, const PixelLayout &layout, int width, int height,
                     int padding) {
  Redact redact("mode=" + mode, layout.name, width, height);
  const int step = layout.channels[0].step;
  Ptr<GstBuffer> frame = redact.frame(0, padding);
  gst_buffer_memset(frame.get(), 0, 220, static_cast<gsize>(width / 2 * step));
  attach(frame.get(), make_segmentation<std::uint8_t>(2, 1, {1, 0}, {"b", "p"}, 0).get(), width,
         height);
  frame = redact.pass(std::move(frame));
  const MappedFrame mapped(frame.get(), redact.info(), GST_MAP_READ);
  EXPECT_EQ(mapped.plane(0)[(width - 1) * step], 100) << mode << layout.name << width;
  return mapped.plane(0)[0];
}

TEST(NaclipRedact, CoversTheClassInEveryModeOnEveryFormatOfOddSizesAndPaddedRows) {
  for (const PixelLayout &layout : kPixelLayouts) {
    if (!can_be_drawn_on(layout)) continue;
    for (const auto &[width, height] : {std::pair{7, 5}, {64, 36}, {33, 1}})
      for (const int padding : {0, 9}) {
        const auto after = [&](const char *mode) {
          return first_byte_after(mode, layout, width, height, padding);
        };
        EXPECT_EQ(after("fill"), layout.ycbcr ? 235 : 255) << layout.name;
        // Where a cell reaches beyond the bright half; elsewhere its mean is as bright.
        if (width > 7) continue;
        EXPECT_NE(after("pixelate"), 220) << layout.name;
        EXPECT_NE(after("blur"), 220) << layout.name;
      }
  }
}

TEST(NaclipRedact, CoversInPlaceWhereTheFrameIsItsOwnAndACopyWhereItIsShared) {
  Redact redact;
  Ptr<GstBuffer> frame = redact.frame(0, {0, 1});
  const GstMemory *memory = gst_buffer_peek_memory(frame.get(), 0);
  frame = redact.pass(std::move(frame));
  EXPECT_EQ(redact.shown(frame), "..##");
  EXPECT_EQ(gst_buffer_peek_memory(frame.get(), 0), memory);
  const Ptr<GstBuffer> other_branch = redact.frame(1, {0, 1});
  EXPECT_EQ(redact.shown_after(ref(other_branch.get())), "..##");
  EXPECT_EQ(redact.shown(other_branch), "....");
  // Memory that another buffer holds, too.
  EXPECT_EQ(redact.shown_after(Ptr<GstBuffer>(gst_buffer_copy(other_branch.get()))), "..##");
  EXPECT_EQ(redact.shown(other_branch), "....");
}

TEST(NaclipRedact, CoversTheClassesAskedForOrAllButThose) {
  const Names labels{"background", "person", "car"};
  for (const auto &[properties, expected] : {std::pair{"", ".###"},
                                             {"classes=car", "...#"},
                                             {"classes=\"*\"", "####"},
                                             {"classes=\"!car\"", ".##."},
                                             {"classes=person invert=true", "#..#"},
                                             {"invert=true", "#..."}}) {
    Redact redact(properties);
    EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 1, 1, 2}, labels)), expected) << properties;
  }
}

TEST(NaclipRedact, GrowsByPixelsOfAFrameOf720Lines) {
  Redact redact("dilate=100", "RGB", 16, 8);
  std::vector<std::uint8_t> ids(16);
  ids[8] = 1;
  EXPECT_EQ(redact.shown_after(redact.frame(0, ids)), "......#####.....");
  redact.set("dilate", "0");
  redact.set("hold", "0");
  EXPECT_EQ(redact.shown_after(redact.frame(1, ids)), "........#.......");
  redact.set("dilate", "720");
  EXPECT_EQ(redact.shown_after(redact.frame(2, ids)), "################");
  // With invert the others grow.
  redact.set("invert", "true");
  EXPECT_EQ(redact.shown_after(redact.frame(3, ids)), "################");
}

TEST(NaclipRedact, HoldsWhatWasCovered) {
  Redact redact("hold=200");
  EXPECT_EQ(redact.shown_after(redact.frame(0, {0, 0, 0, 1})), "...#");
  EXPECT_EQ(redact.shown_after(redact.frame(1, {0, 1, 0, 0})), ".#.#");
  EXPECT_EQ(redact.shown_after(redact.frame(2, {1, 0, 0, 0})), "##.#");
  EXPECT_EQ(redact.shown_after(redact.frame(3, {0, 0, 0, 0})), "##..");
  EXPECT_EQ(redact.shown_after(redact.frame(4, {0, 0, 0, 0})), "#...");
  EXPECT_EQ(redact.shown_after(redact.frame(5, {0, 0, 0, 0})), "....");
}

TEST(NaclipRedact, LooksAhead) {
  Redact redact("hold=0 lookahead=200");
  for (int number = 0; number < 2; ++number)
    EXPECT_EQ(redact.pass(redact.frame(number, {0, 0, 0, 0})), nullptr) << "they wait";
  EXPECT_EQ(redact.shown_after(redact.frame(2, {0, 0, 0, 0})), "....");
  EXPECT_EQ(redact.shown_after(redact.frame(3, {0, 0, 1, 0})), "..#.") << "1, which 3 reaches";
  EXPECT_EQ(redact.shown_after(redact.frame(4, {0, 0, 0, 1})), "..##");
  EXPECT_EQ(redact.shown_after(redact.frame(5, {0, 0, 0, 0})), "..##");
  EXPECT_EQ(redact.shown_after(redact.frame(6, {0, 0, 0, 0})), "...#") << "no hold";
  EXPECT_EQ(redact.shown_after(redact.frame(7, {0, 0, 0, 0})), "....");
  EXPECT_EQ(redact.statistic("by-mask"), 6U);
}

TEST(NaclipRedact, LookaheadDelaysTheStreamAndSaysSo) {
  Redact redact;
  gst_harness_set_upstream_latency(redact.harness(), 30 * GST_MSECOND);
  const auto latency = [&] { return gst_harness_query_latency(redact.harness()) / GST_MSECOND; };
  EXPECT_EQ(latency(), 30U);
  redact.set("lookahead", "200");
  EXPECT_NE(redact.messages().next(GST_MESSAGE_LATENCY), nullptr);
  EXPECT_EQ(latency(), 230U);
  redact.set("lookahead", "101");
  EXPECT_EQ(latency(), 230U) << "the frame that ends the wait comes a whole step later";
  EXPECT_EQ(redact.messages().next(GST_MESSAGE_LATENCY), nullptr);
  redact.set("lookahead", "0");
  EXPECT_EQ(latency(), 30U);
  EXPECT_NE(redact.messages().next(GST_MESSAGE_LATENCY), nullptr);
}

TEST(NaclipRedact, AsksUpstreamForTheFramesThatWait) {
  Redact redact("lookahead=500");
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_of("RGB", 4, 2).c_str()));
  const Ptr<GstQuery> query(gst_query_new_allocation(caps.get(), FALSE));
  const Ptr<GstPad> pad(gst_element_get_static_pad(redact.element(), "sink"));
  ASSERT_TRUE(gst_pad_query(pad.get(), query.get()));
  EXPECT_TRUE(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
  ASSERT_EQ(gst_query_get_n_allocation_pools(query.get()), 1U);
  guint least = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &least, nullptr);
  EXPECT_EQ(least, 6U);
}

TEST(NaclipRedact, TheEndDrainsWhatWaits) {
  Redact redact("hold=0 lookahead=1000");
  for (int number = 0; number < 3; ++number) redact.push(redact.frame(number, {0, 0, 0, 1}));
  EXPECT_EQ(redact.pull(), nullptr);
  redact.event(gst_event_new_eos());
  for (int number = 0; number < 3; ++number) {
    const auto frame = redact.pull();
    EXPECT_EQ(redact.shown(frame), "...#");
    EXPECT_EQ(GST_BUFFER_PTS(frame.get()), static_cast<GstClockTime>(number) * kFrameTime);
  }
}

TEST(NaclipRedact, AQueryToDrainDoesSo) {
  Redact redact("lookahead=1000");
  redact.push(redact.frame(0, {0, 0, 0, 1}));
  const Ptr<GstQuery> query(gst_query_new_drain());
  gst_pad_peer_query(redact.harness()->srcpad, query.get());
  EXPECT_EQ(redact.shown(redact.pull()), "...#");
}

TEST(NaclipRedact, AFlushForgetsWhatWaitsAndWhatWasCovered) {
  Redact redact("hold=5000 lookahead=200");
  redact.push(redact.frame(0, {1, 1, 1, 1}));
  redact.event(gst_event_new_flush_start());
  redact.event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  redact.event(gst_event_new_segment(&segment));
  for (int number = 10; number < 12; ++number)
    EXPECT_EQ(redact.pass(redact.frame(number, {0, 0, 0, 1})), nullptr);
  const auto frame = redact.pass(redact.frame(12, {0, 0, 0, 1}));
  EXPECT_EQ(redact.shown(frame), "...#");
  EXPECT_EQ(GST_BUFFER_PTS(frame.get()), GST_SECOND);
}

TEST(NaclipRedact, OtherCapsDrainFirstAndWhatWasCoveredFollowsTheSize) {
  Redact redact("lookahead=200");
  for (int number = 0; number < 2; ++number) redact.push(redact.frame(number, {0, 0, 0, 1}));
  EXPECT_EQ(redact.pull(), nullptr);
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_of("RGBA", 8, 2).c_str()));
  redact.event(gst_event_new_caps(caps.get()));
  for (int number = 0; number < 2; ++number) {
    const auto frame = redact.pull();
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(gst_buffer_get_size(frame.get()), 24U) << "RGB still";
  }
  redact.set_caps("RGBA", 8, 2);
  redact.set("lookahead", "0");
  EXPECT_EQ(redact.shown_after(redact.frame(2, {1, 0, 0, 0, 0, 0, 0, 0})), "#.....##");
}

TEST(NaclipRedact, EventsKeepTheirPlaceAmongFramesThatWait) {
  Redact redact("lookahead=200");
  while (const Ptr<GstEvent> early{gst_harness_try_pull_event(redact.harness())}) {
  }
  const auto custom = [](const char *name) {
    return gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty(name));
  };
  redact.push(redact.frame(0, {0, 0}));
  redact.event(custom("between"));
  redact.push(redact.frame(1, {0, 0}));
  EXPECT_EQ(gst_harness_events_in_queue(redact.harness()), 0U);
  redact.push(redact.frame(2, {0, 0}));
  EXPECT_NE(redact.pull(), nullptr);
  redact.push(redact.frame(3, {0, 0}));
  EXPECT_EQ(gst_harness_events_in_queue(redact.harness()), 1U);
  const Ptr<GstEvent> event(gst_harness_pull_event(redact.harness()));
  EXPECT_TRUE(gst_event_has_name(event.get(), "between"));
  // Without a frame before it, an event does not wait; a gap lets frames go as a frame would.
  redact.event(gst_event_new_gap(4 * kFrameTime, GST_SECOND));
  redact.pull();
  redact.pull();
  EXPECT_NE(redact.pull(), nullptr) << "the last one";
}

TEST(NaclipRedact, TimeThatBeginsAnewDrainsAndForgets) {
  Redact redact("hold=60000 lookahead=200");
  for (int number = 100; number < 102; ++number) redact.push(redact.frame(number, {0, 0, 0, 1}));
  redact.push(redact.frame(0, {1, 0, 0, 0}));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(redact.shown(redact.pull()), "...#");
  redact.push(redact.frame(1, {0, 0, 0, 0}));
  EXPECT_EQ(redact.shown_after(redact.frame(2, {0, 0, 0, 0})), "#...");
}

TEST(NaclipRedact, TakesNewSettingsWhilePlaying) {
  Redact redact("hold=0");
  const Names labels{"background", "person", "car"};
  const std::vector<std::uint8_t> ids{0, 1, 2, 0};
  EXPECT_EQ(redact.shown_after(redact.frame(0, ids, labels)), ".##.");
  redact.set("classes", "car");
  EXPECT_EQ(redact.shown_after(redact.frame(1, ids, labels)), "..#.");
  redact.set("invert", "true");
  EXPECT_EQ(redact.shown_after(redact.frame(2, ids, labels)), "##.#");
  redact.set("colour", "#640000");
  EXPECT_EQ(redact.shown_after(redact.frame(3, ids, labels)), "....") << "red 100, as the frame";
  redact.set("colour", "blue");
  EXPECT_EQ(warning_of(redact),
            "The colour blue is not # and six hexadecimal digits, such as #ff8000.");
  redact.set("colour", "#ff0000");
  redact.set("mode", "blur");
  EXPECT_EQ(redact.shown_after(redact.frame(4, ids, labels)), "....") << "even, so its mean";
  redact.set("lookahead", "100");
  EXPECT_EQ(redact.pass(redact.frame(5, ids, labels)), nullptr);
  redact.set("mode", "fill");
  redact.set("lookahead", "0");
  EXPECT_EQ(redact.push(redact.frame(6, ids, labels)), GST_FLOW_OK);
  EXPECT_EQ(redact.shown(redact.pull()), "##.#");
  EXPECT_EQ(redact.shown(redact.pull()), "##.#");
}

TEST(NaclipRedact, DoesNotStartWithAColourThatWasRefused) {
  const Ptr<GstElement> element(
      GST_ELEMENT(gst_object_ref_sink(g_object_new(GST_TYPE_NACLIP_REDACT, nullptr))));
  Messages messages(element.get());
  g_object_set(element.get(), "colour", "blue", nullptr);
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_NE(messages.next(GST_MESSAGE_ERROR), nullptr);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  g_object_set(element.get(), "colour", "#0000FF", nullptr);
  EXPECT_NE(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST(NaclipRedact, CountsWhatBecomesOfFrames) {
  Redact redact;
  redact.pass(redact.frame(0, {0, 1}));
  redact.pass(redact.frame(1));
  redact.set("without-mask", "drop");
  redact.pass(redact.frame(2));
  redact.pass(redact.frame(3));
  redact.set("without-mask", "pass");
  for (int number = 4; number < 7; ++number) redact.pass(redact.frame(number));
  EXPECT_EQ(redact.statistic("by-mask"), 1U);
  EXPECT_EQ(redact.statistic("whole"), 1U);
  EXPECT_EQ(redact.statistic("dropped"), 2U);
  EXPECT_EQ(redact.statistic("passed"), 3U);
  gst_element_set_state(redact.element(), GST_STATE_NULL);
  gst_element_set_state(redact.element(), GST_STATE_PLAYING);
  EXPECT_EQ(redact.statistic("passed"), 0U) << "since start";
}

TEST(NaclipRedact, HasControllableNumbersAndNoQos) {
  Redact redact;
  for (const char *name : {"strength", "dilate", "hold", "lookahead", "max-age"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(redact.element()), name);
    ASSERT_NE(spec, nullptr);
    EXPECT_TRUE(spec->flags & GST_PARAM_CONTROLLABLE) << name;
  }
  EXPECT_FALSE(gst_base_transform_is_qos_enabled(GST_BASE_TRANSFORM(redact.element())));
}

}  // namespace
}  // namespace naclip::testing
