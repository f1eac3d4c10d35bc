/**
 * SECTION:element-naclipoverlay
 * @title: naclipoverlay
 * @short_description: Draws masks over video
 *
 * Draws what naclipsegment found over the frames: each class in its colour, its outline, a legend
 * with each class's share of the picture, and on request each large region's name. It draws in
 * place, on I420, NV12, NV21, YV12, RGB, BGR, RGBx, BGRx, RGBA and BGRA; the alpha of RGBA and BGRA stays as it
 * is. Where several naclipsegment are in line it draws the nearest one's masks, unless `source`
 * names another; of several overlays on one frame each takes a free corner for its legend. Where
 * there is none of naclipsegment's, segmentations that other elements attached as
 * #GstAnalyticsSegmentationMtd (GStreamer 1.26 and newer) are drawn. A frame without a mask passes
 * untouched. Text and outlines grow with the frame, and are not stretched where its pixels are not
 * square.
 *
 * Frames in a GPU's memory, `video/x-raw(memory:CUDAMemory)`, are drawn on there, to the same
 * pixels: what is drawn is uploaded when it changes, and no frame is copied. Where that cannot be
 * done, because the plugin was built without GstCuda or there is no libnvrtc, a warning in the log
 * says so, and GStreamer copies each frame to host memory and back.
 *
 * Everything may be changed while playing.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipoverlay opacity=0.4 contours=3 legend=bottom-right labels=true ! videoconvert ! autovideosink
 * ]|
 *
 * Since: 0.1
 */
#include "elements/overlay/naclipoverlay.h"

#include <gst/video/video.h>

#include <array>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "elements/overlay/cuda_drawing.h"
#include "elements/overlay/legend_place.h"
#include "elements/overlay/renderer.h"
#include "elements/support/error_messages.h"
#include "elements/support/frame_canvas.h"
#include "elements/support/mapped_frame.h"
#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_overlay_debug);
#define GST_CAT_DEFAULT gst_naclip_overlay_debug

namespace {

using namespace naclip;

struct Settings : OverlaySettings, MaskSettings {};

constexpr EnumTable<LegendPlace, 5> kLegendPlaces{
    "GstNaclipOverlayLegend",
    {{{LegendPlace::kNone, "none", "No legend"},
      {LegendPlace::kTopLeft, "top-left", "In the top left corner"},
      {LegendPlace::kTopRight, "top-right", "In the top right corner"},
      {LegendPlace::kBottomLeft, "bottom-left", "In the bottom left corner"},
      {LegendPlace::kBottomRight, "bottom-right", "In the bottom right corner"}}}};

constexpr EnumField<Settings> kLegendField{
    [](const Settings &settings) { return static_cast<int>(settings.legend); },
    [](Settings &settings, int value) { settings.legend = static_cast<LegendPlace>(value); },
    &enum_type<kLegendPlaces>};

constexpr std::array kProperties{
    Property<Settings>{"opacity", "Opacity", "Opacity of the classes' colours",
                       static_cast<double Settings::*>(&Settings::opacity), Change::kAlways, 0, 1},
    kClassesProperty<Settings>,
    kSourceProperty<Settings>,
    Property<Settings>{
        "contours", "Contours",
        "Width of the regions' outlines in pixels on a picture of 720 lines, more on "
        "larger ones; 0: none",
        static_cast<int Settings::*>(&Settings::contours), Change::kAlways, 0, 64},
    Property<Settings>{"legend", "Legend", "Where the classes' names, colours and shares stand",
                       kLegendField, Change::kAlways},
    Property<Settings>{"labels", "Labels", "Write each large region's name on it",
                       static_cast<bool Settings::*>(&Settings::labels), Change::kAlways},
};

struct Impl {
  explicit Impl(GstElement *self) : reader(self, "naclipoverlay") {}

  std::mutex mutex;   // guards settings, never held while drawing
  Settings settings;  // always valid
  // The rest belongs to the streaming thread.
  GstVideoInfo info{};  // of the negotiated caps
  OverlayRenderer renderer;
  CudaDrawing cuda;
  bool cuda_fails = false;  // since start()
  MaskReader reader;

  Settings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct _GstNaclipOverlay {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipOverlay, gst_naclip_overlay, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipoverlay, "naclipoverlay", GST_RANK_NONE, GST_TYPE_NACLIP_OVERLAY)

namespace {

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_OVERLAY(object)->impl;
  set_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_OVERLAY(object)->impl;
  get_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

gboolean start(GstBaseTransform *base) {
  Impl &impl = *GST_NACLIP_OVERLAY(base)->impl;
  impl.reader.restart();
  impl.cuda_fails = false;
  return TRUE;
}

gboolean stop(GstBaseTransform *base) {
  Impl &impl = *GST_NACLIP_OVERLAY(base)->impl;
  impl.renderer.clear();
  impl.cuda.clear();
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  auto *self = GST_NACLIP_OVERLAY(base);
  GstVideoInfo info;
  if (!read_video_info(GST_ELEMENT_CAST(self), incaps, info)) return FALSE;
  GST_DEBUG_OBJECT(self, "negotiated %" GST_PTR_FORMAT, incaps);
  self->impl->info = info;
  self->impl->renderer.clear();
  return TRUE;
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide_query, GstQuery *query) {
  return propose_video_meta(gst_naclip_overlay_parent_class, base, decide_query, query);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) GST_NACLIP_OVERLAY(base)->impl->reader.end();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
    GST_NACLIP_OVERLAY(base)->impl->reader.flushed();
  // What follows is another time, or another stream: rows of the legend do not stay over from it.
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP ||
      GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START)
    GST_NACLIP_OVERLAY(base)->impl->renderer.clear();
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_overlay_parent_class)->sink_event(base, event);
}

OverlayMask overlay_mask(const ChosenMask &shown) {
  const FrameMask &mask = shown.mask;
  const MaskRectangle &area = mask.rectangle();
  OverlayMask result{mask.labels(),
                     mask.stride(),
                     mask.bytes_per_label(),
                     mask.width(),
                     mask.height(),
                     area.x,
                     area.y,
                     area.width,
                     area.height,
                     {}};
  result.regions.reserve(mask.regions.size());
  for (std::size_t id = 0; id < mask.regions.size(); ++id) {
    const MaskRegion &region = mask.regions[id];
    result.regions.push_back({region.label, region.colour, region.share, shown.chosen[id]});
  }
  return result;
}

bool in_cuda_memory(GstBuffer *frame) {
  return gst_buffer_n_memory(frame) > 0 &&
         gst_memory_is_type(gst_buffer_peek_memory(frame, 0), "gst.cuda.memory");
}

/// Draws on a frame in a GPU's memory where it lies. False where it lies in host memory, or has to
/// be drawn on there.
bool draw_on_gpu(GstNaclipOverlay *self, GstBuffer *frame,
                 std::span<const OverlayLayer *const> layers) {
  Impl &impl = *self->impl;
  if (impl.cuda_fails || !in_cuda_memory(frame)) return false;
  try {
    impl.cuda.draw(frame, impl.info, layers);
  } catch (const Error &error) {
    impl.cuda_fails = true;
    impl.cuda.clear();
    GST_WARNING_OBJECT(self,
                       "frames in the GPU's memory are copied to host memory, drawn on and copied "
                       "back: %s (%s)",
                       error.what(), error.detail().c_str());
  }
  return !impl.cuda_fails;
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  auto *self = GST_NACLIP_OVERLAY(base);
  return guarded(self, GST_FLOW_ERROR, [&] {
    Impl &impl = *self->impl;
    Settings settings = impl.copy_settings();
    const std::vector<ChosenMask> masks = impl.reader.read(buffer, settings);
    // Also on a frame without a mask, so that legends stay where they are.
    settings.legend = take_legend_place(buffer, settings.legend);
    if (masks.empty()) return GST_FLOW_OK;
    // The foremost mask comes first, and is drawn last.
    std::vector<OverlayMask> drawn;
    for (const ChosenMask &mask : masks) drawn.insert(drawn.begin(), overlay_mask(mask));
    const ExitSection section;
    const std::optional<std::uint64_t> time =
        GST_BUFFER_PTS_IS_VALID(buffer) ? std::optional(GST_BUFFER_PTS(buffer)) : std::nullopt;
    const auto layers = impl.renderer.layers(canvas_like(impl.info), drawn, settings, time);
    if (!draw_on_gpu(self, buffer, layers)) {
      const MappedFrame frame(buffer, impl.info, GST_MAP_READWRITE);
      const Canvas canvas = canvas_of(frame);
      for (const OverlayLayer *layer : layers) layer->draw(canvas);
    }
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT ": drew %zu mask(s)", buffer, drawn.size());
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_OVERLAY(object)->impl;
  G_OBJECT_CLASS(gst_naclip_overlay_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_overlay_init(GstNaclipOverlay *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  keep_every_frame(GST_BASE_TRANSFORM(self));
}

static void gst_naclip_overlay_class_init(GstNaclipOverlayClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_overlay_debug, "naclipoverlay", 0, "NACLIP overlay");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kProperties);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  for (const GstPadDirection direction : {GST_PAD_SINK, GST_PAD_SRC})
    add_video_pad(element_class, direction, formats_where(can_be_drawn_on),
                  FrameMemory::kSystemOrCuda);
  gst_element_class_set_static_metadata(
      element_class, "NACLIP overlay", "Filter/Editor/Video",
      "Draws masks over video: colours, outlines, legend and names", "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->propose_allocation = propose_allocation;
  base_class->before_transform = sync_controlled_properties;
  base_class->transform_ip = transform_ip;
}
