// naclipzones in a harness: what it tells, when, and with which settings. How its rules change is
// tested in zones_rules_test.cpp.
#include "elements/zones/naclipzones.h"

#include <gtest/gtest.h>

#include <string>

#include "elements/support/canvas.h"
#include "zones_fixture.h"

namespace naclip::testing {
namespace {

TEST(NaclipZones, TellsBeginUpdateAndEndOnTheBusAndOnTheFrame) {
  Zones zones(R"([{"name":"r","class":"smoke","above":"30%","for":0.2,"update-interval":0.3}])");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 3)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(1, 4)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(2, 4)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(3, 5)), "begin r at 3");
  EXPECT_EQ(zones.told_after(zones.smoky(4, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(5, 6)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(6, 5)), "update r at 6");
  EXPECT_EQ(zones.told_after(zones.smoky(7, 3)), "end r at 7");
  EXPECT_EQ(zones.told_after(zones.smoky(8, 3)), "");
  EXPECT_EQ(zones.statistic("events"), 1U);
  EXPECT_EQ(zones.statistic("active"), 0U);
  EXPECT_EQ(zones.statistic("judged"), 9U);
  EXPECT_EQ(zones.statistic("paused"), 0U);
}

TEST(NaclipZones, AnEventHasTheFieldsOfItsContract) {
  Zones zones(
      R"({"zones":{"gate":[[0,0],[0.5,0],[0.5,1],[0,1]]},
          "rules":[{"name":"r","class":"smoke","zone":"gate","above":0.3,"severity":"critical"}]})");
  zones.pass(zones.smoky(0, 2));
  zones.pass(zones.smoky(2, 4));
  zones.pass(zones.smoky(3, 0));
  Ptr<GstMessage> begin = zones.messages().next(GST_MESSAGE_ELEMENT);
  ASSERT_NE(begin, nullptr);
  EXPECT_EQ(GST_MESSAGE_SRC(begin.get()), GST_OBJECT(zones.element()));
  const Ptr<GstMessage> end = zones.messages().next(GST_MESSAGE_ELEMENT);
  ASSERT_NE(end, nullptr);
  const GstStructure *event = gst_message_get_structure(end.get());
  EXPECT_STREQ(gst_structure_get_name(event), "naclip-event");
  EXPECT_EQ(gst_structure_n_fields(event), 11);
  const auto text = [&](const char *field) -> std::string {
    const gchar *value = gst_structure_get_string(event, field);
    return value != nullptr ? value : "none";
  };
  EXPECT_EQ(text("rule"), "r");
  EXPECT_EQ(text("class"), "smoke");
  EXPECT_EQ(text("zone"), "gate");
  EXPECT_EQ(text("state"), "end");
  EXPECT_EQ(text("severity"), "critical");
  EXPECT_EQ(text("id"), gst_structure_get_string(gst_message_get_structure(begin.get()), "id"));
  guint64 pts = 0, duration = 0;
  EXPECT_TRUE(gst_structure_get_uint64(event, "pts", &pts));
  EXPECT_EQ(pts, 3 * kFrameTime);
  EXPECT_TRUE(gst_structure_get_uint64(event, "duration", &duration));
  EXPECT_EQ(duration, 3 * kFrameTime);
  const auto number = [&](const char *field) {
    gdouble value = -1;
    EXPECT_TRUE(gst_structure_get_double(event, field, &value)) << field;
    return value;
  };
  EXPECT_EQ(number("share"), 0.0);
  EXPECT_EQ(number("peak"), 0.8);
  EXPECT_NEAR(number("mean"), (0.4 * 2 + 0.8) / 3, 1e-12);
}

TEST(NaclipZones, PixelsAndTimesPassUnchangedInEveryFormat) {
  for (const PixelLayout &layout : kPixelLayouts) {
    Zones zones(kSmoke, layout.name, 7, 5);
    Ptr<GstBuffer> frame = zones.smoky(2, 9);
    const GstMemory *memory = gst_buffer_peek_memory(frame.get(), 0);
    frame = zones.pass(std::move(frame));
    ASSERT_NE(frame, nullptr) << layout.name;
    EXPECT_EQ(gst_buffer_peek_memory(frame.get(), 0), memory) << "not copied";
    const Ptr<GstBuffer> before = zones.frame(2);
    GstMapInfo map;
    ASSERT_TRUE(gst_buffer_map(before.get(), &map, GST_MAP_READ));
    EXPECT_EQ(gst_buffer_memcmp(frame.get(), 0, map.data, map.size), 0) << layout.name;
    gst_buffer_unmap(before.get(), &map);
    EXPECT_EQ(GST_BUFFER_PTS(frame.get()), 2 * kFrameTime);
    EXPECT_NE(gst_buffer_get_naclip_segmentation_meta(frame.get()), nullptr);
  }
}

TEST(NaclipZones, FramesWithoutAMaskPauseRules) {
  Zones zones(R"([{"name":"r","class":"smoke","above":"30%","for":0.3}])");
  zones.pass(zones.smoky(0, 5));
  for (int number = 1; number < 9; ++number) EXPECT_EQ(zones.told_after(zones.frame(number)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(9, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(10, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(11, 5)), "begin r at 11");
  for (int number = 12; number < 20; ++number) EXPECT_EQ(zones.told_after(zones.frame(number)), "");
  EXPECT_EQ(zones.statistic("paused"), 16U);
  EXPECT_EQ(zones.statistic("judged"), 4U);
  EXPECT_EQ(zones.statistic("active"), 1U);
}

TEST(NaclipZones, MasksThatAreTooOldPauseRules) {
  Zones zones(R"([{"name":"r","class":"smoke","above":"30%","for":0.4}])");
  zones.set("max-age", 300);
  for (int number = 0; number < 9; ++number)
    EXPECT_EQ(zones.told_after(zones.smoky(number, 5, 0)), "") << "counts until 0.3 s";
  EXPECT_EQ(zones.statistic("judged"), 4U);
  EXPECT_EQ(zones.statistic("paused"), 5U);
  EXPECT_EQ(zones.told_after(zones.smoky(10, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(11, 5)), "begin r at 11");
  EXPECT_EQ(zones.told_after(zones.smoky(12, 5, 20)), "") << "a mask of later on";
  EXPECT_EQ(zones.statistic("paused"), 6U);
  zones.set("max-age", 0);
  EXPECT_EQ(zones.told_after(zones.smoky(1000, 0, 13)), "end r at 1000");
}

TEST(NaclipZones, AMaskOfUnknownAgeIsAsOldAsItsFrame) {
  Zones zones(kSmoke);
  Ptr<GstBuffer> frame = zones.frame(0);
  attach(frame.get(),
         make_segmentation<std::uint8_t>(1, 1, {1}, {"b", "smoke"}, GST_CLOCK_TIME_NONE).get(), 8,
         2);
  EXPECT_EQ(zones.told_after(std::move(frame)), "begin r at 0");
}

TEST(NaclipZones, TheEndOfTheStreamEndsEvents) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(0, 5));
  zones.pass(zones.frame(3));
  EXPECT_EQ(zones.told_on_bus(), "begin r at 0");
  zones.event(gst_event_new_eos());
  EXPECT_EQ(zones.told_on_bus(), "end r at 3");
  EXPECT_EQ(zones.statistic("active"), 0U);
}

TEST(NaclipZones, AFlushEndsEventsAndTheNextFrameCarriesThat) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(5, 5));
  EXPECT_EQ(zones.told_on_bus(), "begin r at 5");
  zones.flush();
  EXPECT_EQ(zones.told_on_bus(), "end r at 5");
  const Ptr<GstBuffer> frame = zones.pass(zones.smoky(1, 5));
  EXPECT_EQ(Zones::carried(frame), "end r at 5, begin r at 1");
  EXPECT_EQ(zones.told_on_bus(), "begin r at 1");
  EXPECT_EQ(Zones::carried(zones.pass(zones.smoky(2, 5))), "");
}

TEST(NaclipZones, ANewStreamEndsEvents) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(5, 5));
  EXPECT_EQ(zones.told_on_bus(), "begin r at 5");
  zones.event(gst_event_new_stream_start("another"));
  EXPECT_EQ(zones.told_on_bus(), "end r at 5");
}

TEST(NaclipZones, ASeekWithoutAFlushEndsEvents) {
  Zones zones(R"([{"name":"r","class":"smoke","above":"30%","for":0.1}])");
  zones.pass(zones.smoky(8, 5));
  EXPECT_EQ(zones.told_after(zones.smoky(9, 5)), "begin r at 9");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 60 * GST_SECOND;
  segment.base = GST_SECOND;
  zones.event(gst_event_new_segment(&segment));
  EXPECT_EQ(zones.told_after(zones.smoky(600, 5)), "end r at 9");
  EXPECT_EQ(zones.told_after(zones.smoky(601, 5)), "begin r at 601");
  // One that goes on where the last one ended does not.
  segment.start = 0;
  segment.time = 60 * GST_SECOND + 2 * kFrameTime;
  segment.base = GST_SECOND + 2 * kFrameTime;
  zones.event(gst_event_new_segment(&segment));
  EXPECT_EQ(zones.told_after(zones.smoky(0, 5)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(1, 0)), "end r at 1");
}

TEST(NaclipZones, StoppingEndsEvents) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(0, 5));
  EXPECT_EQ(zones.told_on_bus(), "begin r at 0");
  gst_element_set_state(zones.element(), GST_STATE_READY);
  EXPECT_EQ(zones.told_on_bus(), "end r at 0");
}

TEST(NaclipZones, ZonesFollowTheFramesSize) {
  Zones zones(
      R"([{"name":"left","class":"smoke","above":0.5,"zone":[[0,0],[0.5,0],[0.5,1],[0,1]]}])");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 3)), "begin left at 0");
  zones.set_caps("I420", 64, 48);
  EXPECT_EQ(zones.told_after(zones.smoky(1, 3)), "");
  EXPECT_EQ(zones.told_after(zones.smoky(2, 2)), "end left at 2");
}

TEST(NaclipZones, UnknownClassesAreWarnedOfOnceAndTheirRulesPause) {
  Zones zones(
      R"([{"name":"a","class":"smok","above":0},{"name":"b","class":"smok","below":0.1},{"name":"r","class":"smoke","above":0}])");
  EXPECT_EQ(zones.told_after(zones.smoky(0, 5)), "begin r at 0");
  EXPECT_EQ(zones.warning(), "No class is labelled smok. There are: background, smoke.");
  EXPECT_EQ(zones.told_after(zones.smoky(1, 5)), "");
  EXPECT_EQ(zones.warning(), "");
  // The class comes with another vocabulary, and the other one goes: its event pauses.
  const std::vector<std::string> labels{"background", "smok"};
  EXPECT_EQ(zones.told_after(zones.smoky(2, 5, -1, labels)), "begin a at 2");
  EXPECT_EQ(zones.warning(), "No class is labelled smoke. There are: background, smok.");
  EXPECT_EQ(zones.statistic("active"), 2U);
}

TEST(NaclipZones, WarnsWhereNoMaskComes) {
  Zones zones(kSmoke);
  zones.pass(zones.frame(0));
  zones.event(gst_event_new_eos());
  EXPECT_EQ(zones.warning().substr(0, 22), "No frame has a mask. P");
}

TEST(NaclipZones, AMaskThatCannotBeReadIsWarnedOfOnceAndPauses) {
  Zones zones(kSmoke);
  for (int number = 0; number < 2; ++number) {
    Ptr<GstBuffer> frame = zones.frame(number);
    const auto segmentation = make_segmentation<std::uint8_t>(1, 1, {1}, {"b", "smoke"});
    gst_buffer_add_naclip_segmentation_meta(frame.get(), segmentation.get(), 0, 0, 1, 1);
    gst_buffer_get_naclip_segmentation_meta(frame.get())->width = 0;
    EXPECT_EQ(zones.told_after(std::move(frame)), "");
    EXPECT_EQ(zones.warning(), number == 0 ? "A frame's mask covers nothing of it." : "");
  }
  EXPECT_EQ(zones.statistic("paused"), 2U);
}

TEST(NaclipZones, TakesTheMaskOfItsSource) {
  Zones zones(kSmoke);
  zones.set("source", "other");
  Ptr<GstBuffer> frame = zones.smoky(0, 0);
  attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {1}, {"b", "smoke"}, 0, "other").get(),
         8, 2);
  attach(frame.get(), make_segmentation<std::uint8_t>(1, 1, {0}, {"b", "smoke"}, 0).get(), 8, 2);
  EXPECT_EQ(zones.told_after(std::move(frame)), "begin r at 0");
}

TEST(NaclipZones, StatisticsBeginAnewWithAStart) {
  Zones zones(kSmoke);
  zones.pass(zones.smoky(0, 5));
  zones.pass(zones.frame(1));
  EXPECT_EQ(zones.statistic("events"), 1U);
  gst_element_set_state(zones.element(), GST_STATE_NULL);
  gst_element_set_state(zones.element(), GST_STATE_PLAYING);
  for (const char *field : {"events", "active", "judged", "paused"})
    EXPECT_EQ(zones.statistic(field), 0U) << field;
}

/// By plane row: whether any byte differs from the grey that frames are.
bool is_drawn_on(GstBuffer *frame, const GstVideoInfo &info) {
  const MappedFrame mapped(frame, info, GST_MAP_READ);
  for (int plane = 0; plane < mapped.n_planes(); ++plane) {
    const int rows = GST_VIDEO_INFO_COMP_HEIGHT(&info, plane);
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < GST_VIDEO_INFO_PLANE_STRIDE(&info, plane) / 2; ++x)
        if (mapped.plane(plane)[y * mapped.stride(plane) + x] != 100) return true;
  }
  return false;
}

TEST(NaclipZones, DrawsOnRequestWhereTheFormatAllows) {
  for (const PixelLayout &layout : kPixelLayouts) {
    Zones zones(kSmoke, layout.name, 96, 64);
    EXPECT_FALSE(is_drawn_on(zones.pass(zones.smoky(0, 5)).get(), zones.info())) << layout.name;
    zones.set("draw", 1);
    const bool drawn = is_drawn_on(zones.pass(zones.smoky(1, 5)).get(), zones.info());
    EXPECT_EQ(drawn, can_be_drawn_on(layout)) << layout.name;
    const std::string warning = zones.warning();
    EXPECT_EQ(warning.empty(), drawn) << warning;
    EXPECT_NE(zones.pass(zones.smoky(2, 5)), nullptr);
    EXPECT_EQ(zones.warning(), "") << "once";
    zones.set("draw", 0);
    EXPECT_FALSE(is_drawn_on(zones.pass(zones.smoky(3, 5)).get(), zones.info())) << layout.name;
  }
}

TEST(NaclipZones, DrawsOnceCapsAllow) {
  Zones zones(kSmoke, "GRAY8", 96, 64);
  zones.set("draw", 1);
  zones.pass(zones.smoky(0, 5));
  EXPECT_EQ(zones.warning(), "Colours cannot be drawn on GRAY8. Put videoconvert in front.");
  zones.set_caps("NV12", 96, 64);
  EXPECT_TRUE(is_drawn_on(zones.pass(zones.smoky(1, 5)).get(), zones.info()));
}

TEST(NaclipZones, DrawsOnACopyOfASharedFrame) {
  Zones zones(kSmoke, "RGB", 96, 64);
  zones.set("draw", 1);
  const Ptr<GstBuffer> other_branch = zones.smoky(0, 5);
  EXPECT_TRUE(is_drawn_on(zones.pass(ref(other_branch.get())).get(), zones.info()));
  EXPECT_FALSE(is_drawn_on(other_branch.get(), zones.info()));
  EXPECT_EQ(Zones::carried(other_branch), "");
}

TEST(NaclipZones, EverythingMayChangeWhilePlayingAndThereIsNoQos) {
  Zones zones(kSmoke);
  guint count = 0;
  GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(zones.element()), &count);
  for (guint i = 0; i < count; ++i) {
    if (specs[i]->owner_type == GST_TYPE_NACLIP_ZONES &&
        (specs[i]->flags & G_PARAM_WRITABLE) != 0) {
      EXPECT_TRUE(specs[i]->flags & GST_PARAM_MUTABLE_PLAYING) << specs[i]->name;
    }
  }
  g_free(specs);
  EXPECT_FALSE(gst_base_transform_is_qos_enabled(GST_BASE_TRANSFORM(zones.element())));
}

}  // namespace
}  // namespace naclip::testing
