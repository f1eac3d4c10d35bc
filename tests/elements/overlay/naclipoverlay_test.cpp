// naclipoverlay in a harness: what it does to buffers, caps and settings. What it draws is tested
// in overlay_renderer_test.cpp.
#include "elements/overlay/naclipoverlay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "elements/support/canvas.h"
#include "model/base/palette.h"
#include "tests/elements/frames.h"

#ifdef NACLIP_HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

namespace naclip::testing {
namespace {

using Pixels = std::vector<std::uint8_t>;

/// A harness around an overlay that shows bare colours: no contours, no legend.
class Overlay {
 public:
  Overlay()
      : element_(GST_ELEMENT(gst_object_ref_sink(g_object_new(
            GST_TYPE_NACLIP_OVERLAY, "opacity", 1.0, "contours", 0, "legend", 0, nullptr)))),
        harness_(gst_harness_new_with_element(element_.get(), "sink", "src")),
        messages_(element_.get()) {}

  GstElement *element() { return element_.get(); }
  Messages &messages() { return messages_; }
  GstHarness *harness() { return harness_.get(); }

  void set_caps(const char *format, int width, int height) {
    gst_harness_set_src_caps_str(harness_.get(), caps_of(format, width, height).c_str());
  }
  /// Null where the element refused the frame.
  Ptr<GstBuffer> push(Ptr<GstBuffer> frame) {
    if (gst_harness_push(harness_.get(), frame.release()) != GST_FLOW_OK) return nullptr;
    return Ptr<GstBuffer>(gst_harness_pull(harness_.get()));
  }
  void end() { gst_harness_push_event(harness_.get(), gst_event_new_eos()); }

 private:
  Ptr<GstElement> element_;
  Harness harness_;
  Messages messages_;
};

/// Regions "background", "left" and "right"; "left" and "right" are the halves of a mask of `width`
/// x 2.
Ptr<GstNaclipSegmentation> halves(int width) {
  std::vector<std::uint8_t> ids;
  for (int i = 0; i < 2 * width; ++i) ids.push_back(i % width < width / 2 ? 1 : 2);
  return make_segmentation(width, 2, ids, {"background", "left", "right"});
}

Ptr<GstBuffer> rgb_frame_with_mask(int width = 4, int height = 2, int padding = 0) {
  Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, width, height, padding);
  attach(frame.get(), halves(width).get(), width, height);
  return frame;
}

Pixels rgb_of(GstBuffer *frame, int width = 4, int height = 2) {
  return pixels_of(frame, info_of(GST_VIDEO_FORMAT_RGB, width, height));
}

/// One row of "left" and "right" in their colours, as make_segmentation() gives them.
const Pixels kRow = {1, 0, 255, 1, 0, 255, 2, 0, 255, 2, 0, 255};

Pixels twice(const Pixels &row) {
  Pixels both = row;
  both.insert(both.end(), row.begin(), row.end());
  return both;
}

TEST(NaclipOverlay, DrawsTheMaskInItsColoursOnEveryFormat) {
  for (const PixelLayout &layout : kPixelLayouts) {
    if (!can_be_drawn_on(layout)) continue;
    const char *name = layout.name;
    Overlay overlay;
    overlay.set_caps(name, 4, 2);
    const GstVideoFormat format = gst_video_format_from_string(name);
    Ptr<GstBuffer> frame = make_frame(format, 4, 2);
    attach(frame.get(), halves(4).get(), 4, 2);
    frame = overlay.push(std::move(frame));
    ASSERT_NE(frame, nullptr) << name;
    const MappedFrame mapped(frame.get(), info_of(format, 4, 2), GST_MAP_READ);
    const std::uint8_t *pixel = mapped.plane(0);
    if (mapped.n_planes() > 1) {
      EXPECT_NEAR(pixel[0], 41, 1) << name;  // the luma of blue, BT.601
      const ChannelPlace &cb = layout.channels[1];
      EXPECT_EQ(mapped.plane(cb.plane)[cb.offset], 240) << name;
    } else {
      const bool bgr = name[0] == 'B';
      EXPECT_EQ(pixel[bgr ? 0 : 2], 255) << name;
      EXPECT_EQ(pixel[1], 0) << name;
      EXPECT_EQ(pixel[bgr ? 2 : 0], 1) << name;
    }
  }
}

/// A frame of 4 x 2, untouched by the overlay.
void pass_without_mask(Overlay &overlay, GstClockTime pts) {
  Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 2);
  GST_BUFFER_PTS(frame.get()) = pts;
  frame = overlay.push(std::move(frame));
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(rgb_of(frame.get()), Pixels(24, 100));
}

void expect_one_warning(Overlay &overlay) {
  const Ptr<GstMessage> warning = overlay.messages().next(GST_MESSAGE_WARNING);
  ASSERT_NE(warning, nullptr);
  EXPECT_NE(std::string(error_of(warning.get())->message).find("naclipsegment"), std::string::npos);
  EXPECT_EQ(overlay.messages().next(GST_MESSAGE_WARNING), nullptr);
  EXPECT_EQ(overlay.messages().next(GST_MESSAGE_ERROR), nullptr);
}

TEST(NaclipOverlay, WarnsAtTheEndOfAStreamWithoutMasks) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  pass_without_mask(overlay, 0);
  EXPECT_EQ(overlay.messages().next(GST_MESSAGE_WARNING), nullptr);
  overlay.end();
  expect_one_warning(overlay);
}

TEST(NaclipOverlay, CopiesAFrameThatAnotherBranchHoldsToo) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  // What tee does: both branches get the very same buffer.
  const Ptr<GstBuffer> other_branch = rgb_frame_with_mask();
  const Ptr<GstBuffer> drawn = overlay.push(ref(other_branch.get()));
  ASSERT_NE(drawn, nullptr);
  EXPECT_EQ(rgb_of(drawn.get()), twice(kRow));
  EXPECT_EQ(rgb_of(other_branch.get()), Pixels(24, 100));
  EXPECT_NE(gst_buffer_get_naclip_segmentation_meta(drawn.get()), nullptr);
}

TEST(NaclipOverlay, DrawsOnOneBranchOfATeeAndNotOnTheOther) {
  const Ptr<GstPlugin> core(
      gst_plugin_load_file(NACLIP_SYSTEM_PLUGINS "/libgstcoreelements.so", nullptr));
  ASSERT_NE(core, nullptr);
  Overlay overlay;
  const Ptr<GstElement> tee(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("tee", nullptr))));
  const Harness input(gst_harness_new_with_element(tee.get(), "sink", "src_0"));
  // The tee's second branch leads into the overlay.
  const Ptr<GstPad> branch(gst_element_request_pad_simple(tee.get(), "src_1"));
  const Ptr<GstPad> sink(gst_element_get_static_pad(overlay.element(), "sink"));
  gst_pad_unlink(overlay.harness()->srcpad, sink.get());
  ASSERT_EQ(gst_pad_link(branch.get(), sink.get()), GST_PAD_LINK_OK);
  gst_harness_set_src_caps_str(input.get(), caps_of("RGB", 4, 2).c_str());

  ASSERT_EQ(gst_harness_push(input.get(), rgb_frame_with_mask().release()), GST_FLOW_OK);
  const Ptr<GstBuffer> plain(gst_harness_pull(input.get()));
  const Ptr<GstBuffer> drawn(gst_harness_pull(overlay.harness()));
  EXPECT_EQ(rgb_of(drawn.get()), twice(kRow));
  EXPECT_EQ(rgb_of(plain.get()), Pixels(24, 100));
}

TEST(NaclipOverlay, CopiesMemoryThatAnotherBufferHoldsToo) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  // What an element behind tee does that changed metadata: another buffer over the same memory.
  const Ptr<GstBuffer> other_branch = rgb_frame_with_mask();
  const Ptr<GstBuffer> drawn = overlay.push(Ptr<GstBuffer>(gst_buffer_copy(other_branch.get())));
  ASSERT_NE(drawn, nullptr);
  EXPECT_EQ(rgb_of(drawn.get()), twice(kRow));
  EXPECT_EQ(rgb_of(other_branch.get()), Pixels(24, 100));
}

TEST(NaclipOverlay, DrawsInPlaceWhereTheFrameIsItsOwn) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  Ptr<GstBuffer> frame = rgb_frame_with_mask();
  const GstMemory *memory = gst_buffer_peek_memory(frame.get(), 0);
  frame = overlay.push(std::move(frame));
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(gst_buffer_peek_memory(frame.get(), 0), memory);
}

TEST(NaclipOverlay, RespectsTheStridesOfPaddedFrames) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  const Ptr<GstBuffer> frame = overlay.push(rgb_frame_with_mask(4, 2, 9));
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(rgb_of(frame.get()), twice(kRow));
  const gsize stride = static_cast<gsize>(gst_buffer_get_video_meta(frame.get())->stride[0]);
  Pixels padding(9);
  for (gsize row = 0; row < 2; ++row) {
    gst_buffer_extract(frame.get(), row * stride + 12, padding.data(), padding.size());
    EXPECT_EQ(padding, Pixels(9, 100)) << "row " << row;
  }
}

TEST(NaclipOverlay, OffersVideoMetaToWhoeverAllocates) {
  Overlay overlay;
  overlay.set_caps("I420", 64, 48);
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_of("I420", 64, 48).c_str()));
  const Ptr<GstQuery> query(gst_query_new_allocation(caps.get(), FALSE));
  const Ptr<GstPad> pad(gst_element_get_static_pad(overlay.element(), "sink"));
  ASSERT_TRUE(gst_pad_query(pad.get(), query.get()));
  EXPECT_TRUE(gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr));
}

TEST(NaclipOverlay, FollowsCapsThatChangeInMidStream) {
  Overlay overlay;
  for (int repeat = 0; repeat < 2; ++repeat) {
    overlay.set_caps("RGB", 4, 2);
    Ptr<GstBuffer> frame = overlay.push(rgb_frame_with_mask());
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(rgb_of(frame.get()), twice(kRow));
    overlay.set_caps("RGB", 8, 2);
    frame = overlay.push(rgb_frame_with_mask(8, 2));
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(rgb_of(frame.get(), 8, 2)[7 * 3], 2);
    overlay.set_caps("NV12", 4, 2);
    frame = make_frame(GST_VIDEO_FORMAT_NV12, 4, 2);
    attach(frame.get(), halves(4).get(), 4, 2);
    frame = overlay.push(std::move(frame));
    ASSERT_NE(frame, nullptr);
    const MappedFrame mapped(frame.get(), info_of(GST_VIDEO_FORMAT_NV12, 4, 2), GST_MAP_READ);
    EXPECT_NEAR(mapped.plane(0)[3], 41, 1);
  }
}

TEST(NaclipOverlay, TakesNewSettingsWhilePlaying) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  Pixels expected = twice(kRow);
  EXPECT_EQ(rgb_of(overlay.push(rgb_frame_with_mask()).get()), expected);
  g_object_set(overlay.element(), "classes", "right", nullptr);
  for (const int pixel : {0, 1, 4, 5})
    for (int c = 0; c < 3; ++c) expected[pixel * 3 + c] = 100;
  EXPECT_EQ(rgb_of(overlay.push(rgb_frame_with_mask()).get()), expected);
  g_object_set(overlay.element(), "opacity", 0.0, nullptr);
  EXPECT_EQ(rgb_of(overlay.push(rgb_frame_with_mask()).get()), Pixels(24, 100));
  g_object_set(overlay.element(), "contours", 1, nullptr);
  const Pixels contours = rgb_of(overlay.push(rgb_frame_with_mask()).get());
  EXPECT_EQ(contours[2 * 3], 2);
  EXPECT_EQ(contours[3 * 3], 100);
  EXPECT_EQ(overlay.messages().next(GST_MESSAGE_WARNING), nullptr);
}

TEST(NaclipOverlay, DrawsLegendAndNamesWhereAskedFor) {
  Overlay overlay;
  overlay.set_caps("RGB", 320, 240);
  const auto changed_pixels = [&] {
    const Ptr<GstBuffer> frame = overlay.push(rgb_frame_with_mask(320, 240));
    const Pixels pixels = rgb_of(frame.get(), 320, 240);
    return std::count_if(pixels.begin(), pixels.end(), [](int byte) { return byte != 100; });
  };
  g_object_set(overlay.element(), "opacity", 0.0, nullptr);
  EXPECT_EQ(changed_pixels(), 0);
  gst_util_set_object_arg(G_OBJECT(overlay.element()), "legend", "bottom-right");
  const auto with_legend = changed_pixels();
  EXPECT_GT(with_legend, 1000);
  g_object_set(overlay.element(), "labels", TRUE, nullptr);
  EXPECT_GT(changed_pixels(), with_legend + 300);
}

TEST(NaclipOverlay, WritesAndOutlinesInTheCapsSquarePixels) {
  // The size of what is drawn at a frame's edges, in pixels: {width, height}.
  const auto legend_size = [](int par_n, int par_d) {
    Overlay overlay;
    g_object_set(overlay.element(), "opacity", 0.0, nullptr);
    gst_util_set_object_arg(G_OBJECT(overlay.element()), "legend", "top-left");
    const int width = 480 * par_d / par_n;
    const std::string caps = caps_of("RGB", width, 360) +
                             ",pixel-aspect-ratio=" + std::to_string(par_n) + "/" +
                             std::to_string(par_d);
    gst_harness_set_src_caps_str(overlay.harness(), caps.c_str());
    const Ptr<GstBuffer> frame = overlay.push(rgb_frame_with_mask(width, 360));
    const Pixels pixels = rgb_of(frame.get(), width, 360);
    int left = width, right = -1, top = 360, bottom = -1;
    for (int y = 0; y < 360; ++y)
      for (int x = 0; x < width; ++x) {
        if (pixels[static_cast<std::size_t>(y * width + x) * 3] == 100) continue;
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = std::max(bottom, y);
      }
    return std::pair(right - left + 1, bottom - top + 1);
  };
  const auto [width, height] = legend_size(1, 1);
  const auto [wide, wide_height] = legend_size(2, 1);
  const auto [tall, tall_height] = legend_size(1, 2);
  ASSERT_GT(width, 50);
  EXPECT_NEAR(wide * 2, width, 3);
  EXPECT_NEAR(tall / 2.0, width, 3);
  EXPECT_EQ(wide_height, height);
  EXPECT_EQ(tall_height, height);
}

TEST(NaclipOverlay, KeepsRowsOfTheLegendForASecondOfTheStreamAlone) {
  Overlay overlay;
  overlay.set_caps("RGB", 480, 360);
  g_object_set(overlay.element(), "opacity", 0.0, nullptr);
  gst_util_set_object_arg(G_OBJECT(overlay.element()), "legend", "top-left");
  // How many rows the legend has where both classes are there, or the left one alone.
  const auto legend = [&](bool both, GstClockTime pts) {
    Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, 480, 360);
    const GstNaclipRegion regions[] = {{"background", 0, 0, 0},
                                       {"left", 0x0100ff, 0.5, 0.5},
                                       {"right", 0x0200ff, both ? 0.5 : 0.0, 0.5}};
    const Ptr<GstBuffer> mask = make_mask<std::uint8_t>(2, 1, {1, 1});
    const Ptr<GstNaclipSegmentation> segmentation(
        gst_naclip_segmentation_new(mask.get(), regions, 3, "segmenter", 0));
    attach(frame.get(), segmentation.get(), 480, 360);
    GST_BUFFER_PTS(frame.get()) = pts;
    frame = overlay.push(std::move(frame));
    const Pixels pixels = rgb_of(frame.get(), 480, 360);
    // Down the middle of the swatches, whose colours have a blue of 255.
    int rows = 0;
    for (int y = 1; y < 360; ++y) {
      const auto blue = [&](int line) {
        return pixels[static_cast<std::size_t>(line * 480 + 17) * 3 + 2];
      };
      rows += blue(y) == 255 && blue(y - 1) != 255;
    }
    return rows;
  };
  EXPECT_EQ(legend(true, 5 * GST_SECOND), 2);
  EXPECT_EQ(legend(false, 6 * GST_SECOND), 2);
  EXPECT_EQ(legend(false, 6 * GST_SECOND + 1), 1);
  EXPECT_EQ(legend(true, 7 * GST_SECOND), 2);
  EXPECT_EQ(legend(false, GST_CLOCK_TIME_NONE), 2);
  gst_harness_push_event(overlay.harness(), gst_event_new_flush_start());
  gst_harness_push_event(overlay.harness(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(overlay.harness(), gst_event_new_segment(&segment));
  EXPECT_EQ(legend(false, 7 * GST_SECOND), 1) << "after a flush";
}

TEST(NaclipOverlay, WarnsOnceOfALabelThatNoClassHas) {
  Overlay overlay;
  g_object_set(overlay.element(), "classes", "left, dragon", nullptr);
  overlay.set_caps("RGB", 4, 2);
  for (int i = 0; i < 3; ++i) ASSERT_NE(overlay.push(rgb_frame_with_mask()), nullptr);
  const Ptr<GstMessage> warning = overlay.messages().next(GST_MESSAGE_WARNING);
  ASSERT_NE(warning, nullptr);
  EXPECT_NE(std::string(error_of(warning.get())->message).find("dragon"), std::string::npos);
  EXPECT_EQ(overlay.messages().next(GST_MESSAGE_WARNING), nullptr);
}

TEST(NaclipOverlay, DrawsTheNearestSegmentersMaskAloneOrThatOfItsSource) {
  const std::vector<std::uint8_t> ids = {0, 3, 0, 3, 0, 3, 0, 3};
  const auto drawn = [&](const char *source) {
    Overlay overlay;
    g_object_set(overlay.element(), "source", source, nullptr);
    overlay.set_caps("RGB", 4, 2);
    Ptr<GstBuffer> frame = rgb_frame_with_mask();
    const auto later = make_segmentation(4, 2, ids, {"background", "a", "b", "later"},
                                         GST_CLOCK_TIME_NONE, "later");
    attach(frame.get(), later.get(), 4, 2);
    return rgb_of(overlay.push(std::move(frame)).get());
  };
  EXPECT_EQ(drawn(""), twice({100, 100, 100, 3, 0, 255, 100, 100, 100, 3, 0, 255}));
  EXPECT_EQ(drawn("later"), drawn(""));
  EXPECT_EQ(drawn("segmenter"), twice(kRow));
  EXPECT_EQ(drawn("nobody"), Pixels(24, 100));
}

/// The corners of a frame of 320 x 240 that were drawn on, as a picture of them: "# / #." is top
/// left, top right and bottom left.
std::string corners_of(const Pixels &pixels) {
  std::string corners;
  for (const int y : {20, 220})
    for (const int x : {20, 300})
      corners += pixels[static_cast<std::size_t>(y * 320 + x) * 3] != 100 ? '#' : '.';
  return corners.insert(2, "/");
}

TEST(NaclipOverlay, LegendsOfSeveralOverlaysTakeACornerEach) {
  std::array<Overlay, 5> overlays;
  Ptr<GstBuffer> frame = rgb_frame_with_mask(320, 240);
  const std::array legends{"top-right", "top-right", "none", "top-left", "bottom-right"};
  const std::array corners{".#/..", "##/..", "##/..", "##/#.", "##/##"};
  for (std::size_t i = 0; i < overlays.size(); ++i) {
    Overlay &overlay = overlays[i];
    g_object_set(overlay.element(), "opacity", 0.0, nullptr);
    gst_util_set_object_arg(G_OBJECT(overlay.element()), "legend", legends[i]);
    overlay.set_caps("RGB", 320, 240);
    frame = overlay.push(std::move(frame));
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(corners_of(rgb_of(frame.get(), 320, 240)), corners[i]) << i;
  }
}

TEST(NaclipOverlay, ALegendsCornerStaysTakenWhereAFrameHasNoMask) {
  Overlay first, second;
  for (Overlay *overlay : {&first, &second}) {
    g_object_set(overlay->element(), "opacity", 0.0, nullptr);
    gst_util_set_object_arg(G_OBJECT(overlay->element()), "legend", "top-left");
    overlay->set_caps("RGB", 320, 240);
  }
  g_object_set(first.element(), "source", "late", nullptr);
  const Ptr<GstBuffer> frame = second.push(first.push(rgb_frame_with_mask(320, 240)));
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(corners_of(rgb_of(frame.get(), 320, 240)), ".#/..");
}

#ifdef NACLIP_HAVE_ANALYTICS
TEST(NaclipOverlay, DrawsAnalyticsSegmentationsOfAnotherElement) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  Ptr<GstBuffer> frame = make_frame(GST_VIDEO_FORMAT_RGB, 4, 2);
  guint ids[] = {0, 1};
  GstAnalyticsMtd segmentation{};
  ASSERT_TRUE(gst_analytics_relation_meta_add_segmentation_mtd(
      gst_buffer_add_analytics_relation_meta(frame.get()),
      make_mask<std::uint8_t>(4, 2, {0, 0, 1, 1, 0, 0, 1, 1}).release(),
      GST_SEGMENTATION_TYPE_SEMANTIC, 2, ids, 0, 0, 4, 2, &segmentation));
  frame = overlay.push(std::move(frame));
  ASSERT_NE(frame, nullptr);
  // Such metadata has no colours, so the palette's are taken.
  const Pixels pixels = rgb_of(frame.get());
  EXPECT_EQ(Pixels(pixels.begin(), pixels.begin() + 6), Pixels(6, 100));
  const Colour colour = palette_colour(0);
  EXPECT_EQ(Pixels(pixels.begin() + 6, pixels.begin() + 9),
            (Pixels{static_cast<std::uint8_t>(colour >> 16),
                    static_cast<std::uint8_t>(colour >> 8 & 0xff),
                    static_cast<std::uint8_t>(colour & 0xff)}));
}
#endif

TEST(NaclipOverlay, TakesFramesOfAnySize) {
  for (const char *name : {"I420", "NV12", "BGR", "RGBA"})
    for (const auto &[width, height] : {std::pair{1, 1}, {2, 2}, {17, 33}, {4096, 2160}}) {
      Overlay overlay;
      g_object_set(overlay.element(), "contours", 3, "labels", TRUE, nullptr);
      gst_util_set_object_arg(G_OBJECT(overlay.element()), "legend", "top-right");
      overlay.set_caps(name, width, height);
      Ptr<GstBuffer> frame = make_frame(gst_video_format_from_string(name), width, height, 3);
      attach(frame.get(), halves(16).get(), width, height);
      frame = overlay.push(std::move(frame));
      ASSERT_NE(frame, nullptr) << name << width;
      std::uint8_t first = 100;
      gst_buffer_extract(frame.get(), 0, &first, 1);
      EXPECT_NE(first, 100) << name << width;
    }
}

TEST(NaclipOverlay, KeepsTimestamps) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  const Ptr<GstBuffer> frame = overlay.push(rgb_frame_with_mask());
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(GST_BUFFER_PTS(frame.get()), 5 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(frame.get()), GST_SECOND / 10);
  Ptr<GstBuffer> untimed = rgb_frame_with_mask();
  GST_BUFFER_PTS(untimed.get()) = GST_CLOCK_TIME_NONE;
  EXPECT_NE(overlay.push(std::move(untimed)), nullptr);
}

TEST(NaclipOverlay, StartsAndStopsManyTimes) {
  Overlay overlay;
  overlay.set_caps("RGB", 4, 2);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(rgb_of(overlay.push(rgb_frame_with_mask()).get()), twice(kRow));
    ASSERT_EQ(gst_element_set_state(overlay.element(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    ASSERT_EQ(gst_element_set_state(overlay.element(), GST_STATE_PLAYING),
              GST_STATE_CHANGE_SUCCESS);
    gst_harness_play(overlay.harness());
    gst_harness_push_event(overlay.harness(), gst_event_new_stream_start("again"));
    overlay.set_caps("RGB", 4, 2);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(overlay.harness(), gst_event_new_segment(&segment));
  }
}

TEST(NaclipOverlay, HasControllableNumbersAndNoQos) {
  Overlay overlay;
  for (const char *name : {"opacity", "contours"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(overlay.element()), name);
    ASSERT_NE(spec, nullptr);
    EXPECT_TRUE(spec->flags & GST_PARAM_CONTROLLABLE) << name;
  }
  EXPECT_FALSE(gst_base_transform_is_qos_enabled(GST_BASE_TRANSFORM(overlay.element())));
}

}  // namespace
}  // namespace naclip::testing
