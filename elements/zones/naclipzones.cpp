/**
 * SECTION:element-naclipzones
 * @title: naclipzones
 * @short_description: Tells when a class takes more or less of a zone than a rule allows
 *
 * Watches zones of the picture by the masks that #naclipsegment attaches, and passes the frames on.
 * A rule says how much of a zone a class has to take, and for how long, before an event begins, and
 * when it ends: "smoke over 30 % of the gate for five seconds". Events are posted on the bus as
 * element messages `naclip-event` and attached to the frames, for elements behind this one.
 * docs/elements.md explains the JSON that rules are written in.
 *
 * Time is that of the frames. A frame without a mask, or with one that is older than `max-age`,
 * decides nothing: rules pause. Pixels are unchanged unless `draw` shows zones and events; that
 * needs a format that #naclipoverlay draws on, others pass as they are. Frames in a GPU's memory,
 * `video/x-raw(memory:CUDAMemory)`, are drawn on in host memory: GStreamer copies each frame there
 * and back.
 *
 * All may be changed while playing.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipzones rules='[{"class":"cat","above":"30%","for":0.5}]' draw=true ! videoconvert ! autovideosink
 * ]|
 * Since: 0.1
 */
#include "elements/zones/naclipzones.h"

#include <gst/video/video.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elements/support/error_messages.h"
#include "elements/support/event_meta.h"
#include "elements/support/frame_canvas.h"
#include "elements/support/mask_reader.h"
#include "elements/support/video_filter.h"
#include "elements/zones/event_structure.h"
#include "elements/zones/frame_clock.h"
#include "elements/zones/live_rules.h"
#include "elements/zones/rule_watch.h"
#include "elements/zones/settings.h"
#include "elements/zones/statistics.h"
#include "elements/zones/zone_drawing.h"
#include "elements/zones/zone_shares.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_zones_debug);
#define GST_CAT_DEFAULT gst_naclip_zones_debug

namespace {

using namespace naclip;

constexpr guint kPropertyStats = kZonesProperties.size() + 1;

struct Impl {
  explicit Impl(GstElement *self) : reader(self, "naclipzones") {}

  std::mutex mutex;        // guards settings, never held while working
  ZonesSettings settings;  // always valid
  RefusedValues refused;
  ZonesStatistics statistics;

  // The rest belongs to the streaming thread.
  GstVideoInfo info{};  // of the negotiated caps
  LiveRules rules;
  MaskReader reader;
  FrameClock clock;
  ZoneShares shares;
  RuleWatch watch;
  std::vector<Ptr<GstStructure>> waiting;  // events that the next frame is to carry
  std::map<std::string, Colour> colours;   // of the labels seen
  ZoneDrawing drawing;
  bool cannot_draw = false;  // on frames of these caps

  ZonesSettings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct _GstNaclipZones {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipZones, gst_naclip_zones, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipzones, "naclipzones", GST_RANK_NONE, GST_TYPE_NACLIP_ZONES)

namespace {

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_ZONES(object)->impl;
  set_property(object, id, value, spec, kZonesProperties, impl.settings, impl.mutex, impl.refused,
               require_valid);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_ZONES(object)->impl;
  if (id == kPropertyStats) {
    g_value_take_boxed(value, impl.statistics.structure().release());
    return;
  }
  get_property(object, id, value, spec, kZonesProperties, impl.settings, impl.mutex);
}

/// Posts events, and has the next frame carry them.
void tell(GstNaclipZones *self, const RuleWatch::Events &events) {
  Impl &impl = *self->impl;
  for (const RuleEvent &event : events) {
    Ptr<GstStructure> structure = structure_of(event);
    GST_INFO_OBJECT(self, "%" GST_PTR_FORMAT, structure.get());
    if (event.state == RuleEvent::State::kBegin) ++impl.statistics.events;
    impl.waiting.emplace_back(gst_structure_copy(structure.get()));
    gst_element_post_message(GST_ELEMENT_CAST(self),
                             gst_message_new_element(GST_OBJECT_CAST(self), structure.release()));
  }
  impl.statistics.active = impl.watch.active();
}

/// Ends all events: what follows is another stream, or another time of it.
void close(GstNaclipZones *self) {
  tell(self, self->impl->watch.close());
  self->impl->clock.forget();
}

void watch_rules(GstNaclipZones *self) {
  Impl &impl = *self->impl;
  impl.shares.clear();
  tell(self, impl.watch.replace(impl.rules.current().rules));
}

gboolean start(GstBaseTransform *base) {
  auto *self = GST_NACLIP_ZONES(base);
  return guarded(self, FALSE, [&] {
    Impl &impl = *self->impl;
    impl.refused.throw_first();
    impl.rules.begin(impl.copy_settings());
    impl.reader.restart();
    impl.statistics.clear();
    impl.waiting.clear();
    watch_rules(self);
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  auto *self = GST_NACLIP_ZONES(base);
  // The source pad is deactivated first: until the sink pad is too, one more frame may come.
  GST_PAD_STREAM_LOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  guarded(self, [&] { close(self); });
  self->impl->shares.clear();
  self->impl->drawing.clear();
  GST_PAD_STREAM_UNLOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  auto *self = GST_NACLIP_ZONES(base);
  GstVideoInfo info;
  if (!read_video_info(GST_ELEMENT_CAST(self), incaps, info)) return FALSE;
  GST_DEBUG_OBJECT(self, "negotiated %" GST_PTR_FORMAT, incaps);
  self->impl->info = info;
  self->impl->cannot_draw = false;
  return TRUE;
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide_query, GstQuery *query) {
  return propose_video_meta(gst_naclip_zones_parent_class, base, decide_query, query);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  auto *self = GST_NACLIP_ZONES(base);
  guarded(self, [&] {
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_EOS:
        close(self);
        self->impl->reader.end();
        break;
      case GST_EVENT_FLUSH_STOP:
        close(self);
        self->impl->reader.flushed();
        break;
      case GST_EVENT_STREAM_START:
        close(self);
        break;
      default:
        break;
    }
  });
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_zones_parent_class)->sink_event(base, event);
}

/// Takes over rules that have changed; those that cannot be used are warned of.
void refresh_rules(GstNaclipZones *self, const ZonesSettings &settings) {
  Impl &impl = *self->impl;
  try {
    if (impl.rules.refresh(settings, std::chrono::steady_clock::now())) watch_rules(self);
  } catch (const Error &error) {
    post_warning(GST_ELEMENT_CAST(self), error);
  }
}

/// The labels that rules ask for, as MaskReader takes them.
std::string labels_of(const std::vector<Rule> &rules) {
  std::string labels;
  for (const Rule &rule : rules) labels += rule.label + ';';
  return labels;
}

/// How long the foremost mask of a frame still counts, ns; none where it does not, or there is none.
std::optional<std::int64_t> fresh_for(const std::vector<ChosenMask> &masks, GstBuffer *frame,
                                      int max_age) {
  if (masks.empty()) return std::nullopt;
  if (max_age == 0) return INT64_MAX;
  // A mask of unknown age is as old as its frame.
  const std::int64_t age = masks.front().mask.age_on(frame).value_or(0);
  const std::int64_t left = max_age * static_cast<std::int64_t>(GST_MSECOND) - age;
  return age >= 0 && left >= 0 ? std::optional(left) : std::nullopt;
}

void judge(GstNaclipZones *self, GstBuffer *frame, const ZonesSettings &settings) {
  Impl &impl = *self->impl;
  const std::vector<Rule> &rules = impl.rules.current().rules;
  const auto masks = impl.reader.read_or_warn(frame, {settings.source, labels_of(rules)});
  const auto [moment, jumped] = impl.clock.read(copy_segment(GST_BASE_TRANSFORM(self)), frame);
  if (jumped) tell(self, impl.watch.close());
  const auto left = fresh_for(masks, frame, settings.max_age);
  ++(left ? impl.statistics.judged : impl.statistics.paused);
  if (!left) {
    tell(self, impl.watch.see(moment, {}, 0));
    return;
  }
  const FrameMask &mask = masks.front().mask;
  for (const MaskRegion &region : mask.regions) impl.colours[region.label] = region.colour;
  const auto shares = impl.shares.count(rules, mask, impl.info.width, impl.info.height);
  const std::int64_t fresh_until = *left == INT64_MAX ? INT64_MAX : moment.time + *left;
  tell(self, impl.watch.see(moment, shares, fresh_until));
}

void draw(GstNaclipZones *self, GstBuffer *frame) {
  Impl &impl = *self->impl;
  if (impl.cannot_draw) return;
  std::vector<ShownRule> shown;
  for (const RuleState &state : impl.watch.states())
    shown.push_back(
        {&state.rule(), state.active(), state.share(), impl.colours[state.rule().label]});
  const ExitSection section;
  try {
    const MappedFrame mapped(frame, impl.info, GST_MAP_READWRITE);
    impl.drawing.draw(canvas_of(mapped), impl.rules.current().zones, shown);
  } catch (const Error &error) {
    // Watching goes on.
    impl.cannot_draw = true;
    post_warning(GST_ELEMENT_CAST(self), error);
  }
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  auto *self = GST_NACLIP_ZONES(base);
  return guarded(self, GST_FLOW_ERROR, [&] {
    Impl &impl = *self->impl;
    const ZonesSettings settings = impl.copy_settings();
    refresh_rules(self, settings);
    judge(self, buffer, settings);
    for (const auto &event : std::exchange(impl.waiting, {})) attach_event(buffer, event.get());
    if (settings.draw) draw(self, buffer);
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_ZONES(object)->impl;
  G_OBJECT_CLASS(gst_naclip_zones_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_zones_init(GstNaclipZones *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  keep_every_frame(GST_BASE_TRANSFORM(self));
}

static void gst_naclip_zones_class_init(GstNaclipZonesClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_zones_debug, "naclipzones", 0, "NACLIP zones");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kZonesProperties);
  g_object_class_install_property(
      object_class, kPropertyStats,
      g_param_spec_boxed("stats", "Statistics",
                         "naclip-zones-stats since start: events (begun), active (events), judged "
                         "and paused (frames)",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  const auto formats = formats_where([](const PixelLayout &) { return true; });
  for (const GstPadDirection direction : {GST_PAD_SINK, GST_PAD_SRC})
    add_video_pad(element_class, direction, formats, FrameMemory::kSystemOrCuda);
  gst_element_class_set_static_metadata(
      element_class, "NACLIP zones", "Filter/Analyzer/Video",
      "Tells when a class takes more or less of a zone than a rule allows",
      "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->propose_allocation = propose_allocation;
  base_class->before_transform = sync_controlled_properties;
  base_class->transform_ip = transform_ip;
}
