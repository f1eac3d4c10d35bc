/**
 * SECTION:element-naclipredact
 * @title: naclipredact
 * @short_description: Covers classes, so that they cannot be seen in the video
 *
 * Takes frames with masks, as #naclipsegment leaves them, and covers the chosen classes in place:
 * by a colour, by cells that show their mean alone, or by a blur of those means. Put it before
 * whatever shows, stores or sends the video.
 *
 * It fails closed: a frame that has no mask, one that is older than `max-age`, or one whose
 * vocabulary lacks a class that `classes` names, is covered whole (`without-mask`), and so is the
 * part of a frame that its mask does not tell of. A segmenter misses things, though, and no more is
 * covered than what it found. `dilate` grows what is covered over its edges; `hold` keeps it
 * covered where the next masks miss it; `lookahead` covers it before the first mask that finds it,
 * and delays the stream. With an empty `classes` a new vocabulary decides what is covered.
 *
 * A mask counts for the part of the frame that its metadata names, whatever its aspect ratio: an
 * element in between that turns or stretches frames but copies their metadata goes unnoticed.
 *
 * Formats are those of #naclipoverlay. Frames in a GPU's memory, `video/x-raw(memory:CUDAMemory)`,
 * are covered in host memory: GStreamer copies each frame there and back.
 *
 * All may be changed while playing; of frames that wait, the classes were chosen when they came.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipredact classes=cat mode=pixelate ! videoconvert ! autovideosink
 * ]|
 * Since: 0.1
 */
#include "elements/redact/naclipredact.h"

#include <gst/video/video.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <utility>

#include "elements/redact/delay.h"
#include "elements/redact/frame_judge.h"
#include "elements/redact/settings.h"
#include "elements/redact/statistics.h"
#include "elements/support/frame_canvas.h"
#include "elements/support/latency.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_redact_debug);
#define GST_CAT_DEFAULT gst_naclip_redact_debug

namespace {

using namespace naclip;

// GST_EVENT_IS_SERIALIZED(), without mixing two enumerations.
constexpr int kSerialized = GST_EVENT_TYPE_SERIALIZED;
// How far a frame's time has to lie behind the one before it to begin another stream, ns.
constexpr std::int64_t kBackwards = GST_SECOND;
constexpr guint kPropertyStats = kRedactProperties.size() + 1;

struct Impl {
  explicit Impl(GstElement *self) : judge(self) {}

  std::mutex mutex;         // guards settings, never held while working
  RedactSettings settings;  // always valid
  RefusedValues refused;
  RedactStatistics statistics;
  std::atomic<GstClockTime> frame_duration{0}, told_latency{0};

  // The rest belongs to the streaming thread.
  GstVideoInfo info{};  // of the negotiated caps
  FrameJudge judge;
  CoverMemory memory;
  Redactor redactor;
  std::deque<Waiting> waiting;
  Waiting current;             // without the frame that is being covered
  std::int64_t newest = 0;     // time up to which the stream has come
  bool drains = false;         // nothing waits any longer
  bool discontinuous = false;  // the frame before was left out

  RedactSettings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
  void forget() {
    waiting.clear();
    memory.clear();
    newest = 0;
    discontinuous = false;
  }
};

}  // namespace

struct _GstNaclipRedact {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipRedact, gst_naclip_redact, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipredact, "naclipredact", GST_RANK_NONE, GST_TYPE_NACLIP_REDACT)

namespace {

std::int64_t nanoseconds(int milliseconds) {
  return milliseconds * static_cast<std::int64_t>(GST_MSECOND);
}

GstClockTime latency_of(Impl &impl) {
  const auto lookahead = static_cast<GstClockTime>(nanoseconds(impl.copy_settings().lookahead));
  return delay_of(lookahead, impl.frame_duration);
}

void tell_latency(GstNaclipRedact *self) {
  const GstClockTime latency = latency_of(*self->impl);
  if (self->impl->told_latency.exchange(latency) != latency)
    gst_element_post_message(GST_ELEMENT_CAST(self),
                             gst_message_new_latency(GST_OBJECT_CAST(self)));
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_REDACT(object)->impl;
  const bool taken = set_property(object, id, value, spec, kRedactProperties, impl.settings,
                                  impl.mutex, impl.refused, require_valid);
  if (taken) tell_latency(GST_NACLIP_REDACT(object));
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_REDACT(object)->impl;
  if (id == kPropertyStats) {
    g_value_take_boxed(value, impl.statistics.structure().release());
    return;
  }
  get_property(object, id, value, spec, kRedactProperties, impl.settings, impl.mutex);
}

gboolean start(GstBaseTransform *base) {
  auto *self = GST_NACLIP_REDACT(base);
  return guarded(self, FALSE, [&] {
    Impl &impl = *self->impl;
    impl.refused.throw_first();
    impl.judge.reader().restart();
    impl.statistics.clear();
    impl.forget();
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  // The source pad is deactivated first: until the sink pad is too, one more frame may come.
  GST_PAD_STREAM_LOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  GST_NACLIP_REDACT(base)->impl->forget();
  GST_PAD_STREAM_UNLOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  auto *self = GST_NACLIP_REDACT(base);
  Impl &impl = *self->impl;
  GstVideoInfo info;
  if (!read_video_info(GST_ELEMENT_CAST(self), incaps, info)) return FALSE;
  GST_DEBUG_OBJECT(self, "negotiated %" GST_PTR_FORMAT, incaps);
  if (impl.info.width > 0)
    impl.memory.rescale({impl.info.width, impl.info.height}, {info.width, info.height});
  impl.info = info;
  impl.frame_duration =
      info.fps_n > 0 ? gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n) : 0;
  tell_latency(self);
  return TRUE;
}

/// Judges a frame that has come, and has it wait.
void take(GstNaclipRedact *self, Ptr<GstBuffer> frame) {
  Impl &impl = *self->impl;
  const RedactSettings settings = impl.copy_settings();
  const bool timed = GST_BUFFER_PTS_IS_VALID(frame.get());
  if (!timed && settings.lookahead > 0)
    throw Error(ErrorKind::kSettings,
                "Frames without a time cannot wait for later ones. Set lookahead=0.");
  Waiting next;
  next.time = timed ? static_cast<std::int64_t>(GST_BUFFER_PTS(frame.get())) : impl.newest;
  impl.newest = next.time;
  next.judgement = impl.judge.judge(frame.get(), next.time, settings, impl.memory);
  next.frame = std::move(frame);
  impl.waiting.push_back(std::move(next));
}

/// The next frame whose time has come, covered; null where there is none. Sends the events before
/// it.
GstFlowReturn next_frame(GstNaclipRedact *self, GstBuffer **out) {
  Impl &impl = *self->impl;
  auto *base = GST_BASE_TRANSFORM(self);
  auto *parent = GST_BASE_TRANSFORM_CLASS(gst_naclip_redact_parent_class);
  const std::int64_t lookahead = nanoseconds(impl.copy_settings().lookahead);
  while (!impl.waiting.empty()) {
    const Waiting &first = impl.waiting.front();
    if (first.frame && !impl.drains && std::abs(impl.newest - first.time) < lookahead) break;
    impl.current = std::move(impl.waiting.front());
    impl.waiting.pop_front();
    if (impl.current.event) {
      parent->sink_event(base, impl.current.event.release());
      continue;
    }
    impl.statistics.add(impl.current.judgement.verdict);
    if (impl.current.judgement.verdict == Verdict::kDropped) {
      impl.discontinuous = true;
      continue;
    }
    base->queued_buf = impl.current.frame.release();
    return parent->generate_output(base, out);
  }
  return GST_FLOW_OK;
}

GstFlowReturn generate_output(GstBaseTransform *base, GstBuffer **out) {
  auto *self = GST_NACLIP_REDACT(base);
  *out = nullptr;
  return guarded(self, GST_FLOW_ERROR, [&] {
    if (base->queued_buf != nullptr)
      take(self, Ptr<GstBuffer>(std::exchange(base->queued_buf, nullptr)));
    return next_frame(self, out);
  });
}

/// Sends the frames whose time has come.
void send(GstNaclipRedact *self) {
  auto *base = GST_BASE_TRANSFORM(self);
  GstBuffer *frame = nullptr;
  for (GstFlowReturn flow = GST_FLOW_OK; flow == GST_FLOW_OK;) {
    flow = generate_output(base, &frame);
    if (frame == nullptr) return;
    Ptr<GstBuffer> owner(frame);
    if (flow == GST_FLOW_OK) flow = gst_pad_push(base->srcpad, owner.release());
  }
}

void drain(GstNaclipRedact *self) {
  self->impl->drains = true;
  send(self);
  self->impl->drains = false;
  self->impl->waiting.clear();
}

GstFlowReturn submit_input_buffer(GstBaseTransform *base, gboolean discont, GstBuffer *frame) {
  auto *self = GST_NACLIP_REDACT(base);
  Impl &impl = *self->impl;
  const auto time = static_cast<std::int64_t>(GST_BUFFER_PTS(frame));
  if (GST_BUFFER_PTS_IS_VALID(frame) && time < impl.newest - kBackwards) {
    // Time begins anew, and what was covered lies in its future.
    drain(self);
    impl.memory.clear();
  }
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_redact_parent_class)
      ->submit_input_buffer(base, discont, frame);
}

/// Has an event wait behind the frames before it.
void queue_event(GstNaclipRedact *self, Ptr<GstEvent> event) {
  Impl &impl = *self->impl;
  const bool gap = GST_EVENT_TYPE(event.get()) == GST_EVENT_GAP;
  if (gap) impl.newest = std::max(impl.newest, static_cast<std::int64_t>(end_of_gap(event.get())));
  impl.waiting.push_back({nullptr, std::move(event)});
  if (gap) send(self);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  auto *self = GST_NACLIP_REDACT(base);
  Impl &impl = *self->impl;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_EOS:
      drain(self);
      impl.judge.reader().end();
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
      drain(self);
      break;
    case GST_EVENT_FLUSH_STOP:
      impl.forget();
      impl.judge.reader().flushed();
      break;
    default:
      if ((GST_EVENT_TYPE(event) & kSerialized) == 0 || impl.waiting.empty()) break;
      return guarded(self, FALSE, [&] {
        queue_event(self, Ptr<GstEvent>(event));
        return TRUE;
      });
  }
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_redact_parent_class)->sink_event(base, event);
}

gboolean query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_DRAIN && direction == GST_PAD_SINK)
    drain(GST_NACLIP_REDACT(base));
  if (!GST_BASE_TRANSFORM_CLASS(gst_naclip_redact_parent_class)->query(base, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    add_latency(query, latency_of(*GST_NACLIP_REDACT(base)->impl));
  return TRUE;
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide_query, GstQuery *query) {
  if (!propose_video_meta(gst_naclip_redact_parent_class, base, decide_query, query)) return FALSE;
  Impl &impl = *GST_NACLIP_REDACT(base)->impl;
  propose_waiting_frames(query, latency_of(impl), impl.frame_duration);
  return TRUE;
}

CoveredArea area_of(Impl &impl, const RedactSettings &settings) {
  const cv::Size frame(impl.info.width, impl.info.height);
  const auto [verdict, known] = impl.current.judgement;
  if (verdict == Verdict::kWhole) return whole_area(frame);
  CoveredArea area = impl.memory.area(frame, impl.current.time - nanoseconds(settings.hold),
                                      pixels_to_dilate(settings, frame.height));
  if (verdict == Verdict::kByMask) add_outside(known, frame, area);
  return area;
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  auto *self = GST_NACLIP_REDACT(base);
  return guarded(self, GST_FLOW_ERROR, [&] {
    Impl &impl = *self->impl;
    const RedactSettings settings = impl.copy_settings();
    if (std::exchange(impl.discontinuous, false))
      GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    const CoveredArea area = area_of(impl, settings);
    if (area.empty()) return GST_FLOW_OK;
    const ExitSection section;
    const MappedFrame frame(buffer, impl.info, GST_MAP_READWRITE);
    impl.redactor.draw(canvas_of(frame), area, style_of(settings));
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT ": covered %zu rectangles", buffer, area.size());
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_REDACT(object)->impl;
  G_OBJECT_CLASS(gst_naclip_redact_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_redact_init(GstNaclipRedact *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  keep_every_frame(GST_BASE_TRANSFORM(self));
}

static void gst_naclip_redact_class_init(GstNaclipRedactClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_redact_debug, "naclipredact", 0, "NACLIP redaction");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kRedactProperties);
  g_object_class_install_property(
      object_class, kPropertyStats,
      g_param_spec_boxed("stats", "Statistics",
                         "naclip-redact-stats, frames since start: by-mask, whole, passed, dropped",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  for (const GstPadDirection direction : {GST_PAD_SINK, GST_PAD_SRC})
    add_video_pad(element_class, direction, formats_where(can_be_drawn_on),
                  FrameMemory::kSystemOrCuda);
  gst_element_class_set_static_metadata(element_class, "NACLIP redaction", "Filter/Effect/Video",
                                        "Covers the classes of masks by a colour, cells or a blur",
                                        "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->query = query;
  base_class->propose_allocation = propose_allocation;
  base_class->before_transform = sync_controlled_properties;
  base_class->submit_input_buffer = submit_input_buffer;
  base_class->generate_output = generate_output;
  base_class->transform_ip = transform_ip;
}
