/**
 * SECTION:element-naclipsegment
 * @title: naclipsegment
 * @short_description: Segments video by any words
 *
 * Attaches to every frame a mask that tells, for each pixel, which class of the vocabulary it
 * shows. The pixels of the frame pass unchanged; naclipoverlay draws the masks, naclipmask turns
 * them into video. The method is NACLIP (arXiv 2404.08181): any words, no training.
 *
 * ## Example launch line
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipoverlay ! videoconvert ! autovideosink
 * ]|
 *
 * The model is a checkpoint's path, or the name of a published one that `naclip-model fetch` brought
 * to the user's cache, such as `ViT-B/16`.
 *
 * Frames in a GPU's memory, `video/x-raw(memory:CUDAMemory)`, pass as well. With the model on that
 * GPU, and where the plugin was built with GstCuda, they are read where they lie; else GStreamer
 * copies them to host memory for reading.
 *
 * The metadata is #GstNaclipSegmentationMeta and, on GStreamer 1.26 and newer, also
 * #GstAnalyticsSegmentationMtd over the same mask. Pixel value = region id; 0 is nothing or the
 * class labelled `background`; other classes are 1 to N in the vocabulary's order.
 *
 * Since: 0.1
 */
#include "elements/segment/naclipsegment.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "elements/segment/engine_loader.h"
#include "elements/segment/metadata.h"
#include "elements/segment/pacing.h"
#include "elements/segment/reports.h"
#include "elements/segment/session.h"
#include "elements/segment/settings.h"
#include "elements/support/cuda_frame.h"
#include "elements/support/error_messages.h"
#include "elements/support/mask_reader.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY(gst_naclip_segment_debug);  // also of the files beside this one
#define GST_CAT_DEFAULT gst_naclip_segment_debug

namespace {

using namespace naclip;

constexpr guint kPropertyStats = kSegmentProperties.size() + 1;

struct Impl {
  explicit Impl(GstBaseTransform *self) : pacing(self) {}

  std::mutex mutex;          // guards settings and session, never held while working
  SegmentSettings settings;  // always valid
  const std::shared_ptr<SettingsSnapshot> snapshot = std::make_shared<SettingsSnapshot>();
  // Between start and stop, which change it with the sink pad's stream lock held as well: with that
  // alone the streaming thread may use it.
  std::unique_ptr<SegmentSession> session;
  RefusedValues refused;
  CudaSharing cuda;

  // The streaming thread's.
  GstVideoInfo info{};         // of the negotiated caps
  bool failed = false;         // an error was posted
  gint64 last_statistics = 0;  // monotonic, microseconds
  Pacing pacing;

  void publish_settings() {
    // Held until they are published, so that the last ones set are the last ones seen.
    const std::lock_guard lock(mutex);
    snapshot->set(settings);
  }
  /// For any thread: `use` must not take long or wait. The lock keeps the session from ending in
  /// that thread, which may be one that the session waits for when it ends.
  template <class Use>
  void with_session(Use &&use) {
    const std::lock_guard lock(mutex);
    if (session) use(*session);
  }
};

}  // namespace

struct _GstNaclipSegment {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipSegment, gst_naclip_segment, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipsegment, "naclipsegment", GST_RANK_NONE, GST_TYPE_NACLIP_SEGMENT)

namespace {

/// Whether that property says what to look for.
bool names_vocabulary(guint id) {
  return std::string_view(kSegmentProperties[id - 1].name).starts_with("vocabulary");
}

/// Refuses a new value while the old one works: what is set before start is checked at start, once
/// all properties are known.
void accept_change(Impl &impl, guint id, const SegmentSettings &candidate) {
  require_valid(candidate);
  bool running = false;
  impl.with_session([&](SegmentSession &) { running = true; });
  if (running && names_vocabulary(id)) read_vocabulary(candidate);
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_SEGMENT(object)->impl;
  const bool taken = set_property(
      object, id, value, spec, kSegmentProperties, impl.settings, impl.mutex, impl.refused,
      [&](const SegmentSettings &candidate) { accept_change(impl, id, candidate); });
  if (!taken) return;
  guarded(object, [&] {
    impl.publish_settings();
    if (names_vocabulary(id))
      impl.with_session([](SegmentSession &session) { session.vocabulary_changed(); });
  });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_SEGMENT(object)->impl;
  if (id == kPropertyStats) {
    Ptr<GstStructure> statistics = SegmentStatistics().structure(0);
    impl.with_session([&](SegmentSession &session) { statistics = session.statistics(); });
    g_value_take_boxed(value, statistics.release());
    return;
  }
  get_property(object, id, value, spec, kSegmentProperties, impl.settings, impl.mutex);
}

GstStateChangeReturn change_state(GstElement *element, GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    const bool opened = guarded(element, false, [] {
      open_engine();
      return true;
    });
    if (!opened) return GST_STATE_CHANGE_FAILURE;
    Impl &impl = *GST_NACLIP_SEGMENT(element)->impl;
    impl.cuda.offer(element, impl.snapshot->get()->device);
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    // The streaming thread may be waiting for a mask.
    GST_NACLIP_SEGMENT(element)->impl->with_session(
        [](SegmentSession &session) { session.interrupt(); });
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_naclip_segment_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    GST_NACLIP_SEGMENT(element)->impl->cuda.forget();
  return result;
}

void set_context(GstElement *element, GstContext *context) {
  Impl &impl = *GST_NACLIP_SEGMENT(element)->impl;
  impl.cuda.set_context(element, context, impl.snapshot->get()->device);
  GST_ELEMENT_CLASS(gst_naclip_segment_parent_class)->set_context(element, context);
}

gboolean query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query) {
  Impl &impl = *GST_NACLIP_SEGMENT(base)->impl;
  if (impl.cuda.query(GST_ELEMENT_CAST(base), query)) return TRUE;
  if (GST_QUERY_TYPE(query) == GST_QUERY_CUSTOM && direction == GST_PAD_SRC &&
      gst_structure_has_name(gst_query_get_structure(query), kLoadingQuery)) {
    bool loading = false;
    impl.with_session([&](const SegmentSession &session) { loading = session.loading(); });
    if (loading) return TRUE;  // else those further upstream are asked
  }
  if (!GST_BASE_TRANSFORM_CLASS(gst_naclip_segment_parent_class)->query(base, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY && direction == GST_PAD_SRC)
    impl.pacing.answer(query);
  return TRUE;
}

gboolean start(GstBaseTransform *base) {
  auto *self = GST_NACLIP_SEGMENT(base);
  return guarded(self, FALSE, [&] {
    Impl &impl = *self->impl;
    impl.refused.throw_first();
    auto session = std::make_unique<SegmentSession>(
        [snapshot = impl.snapshot] { return snapshot->get(); },
        reports_of(GST_ELEMENT_CAST(self), GST_CAT_DEFAULT), GST_OBJECT_NAME(self));
    GST_PAD_STREAM_LOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
    impl.pacing.reset();
    impl.failed = false;
    impl.last_statistics = g_get_monotonic_time();
    {
      const std::lock_guard lock(impl.mutex);
      impl.session = std::move(session);
      impl.session->vocabulary_changed();  // it may have, since the session read it
    }
    GST_PAD_STREAM_UNLOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  Impl &impl = *GST_NACLIP_SEGMENT(base)->impl;
  std::unique_ptr<SegmentSession> session;  // freed once the locks are given back
  // The source pad is deactivated first: until the sink pad is too, one more frame may come.
  GST_PAD_STREAM_LOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  {
    const std::lock_guard lock(impl.mutex);
    session.swap(impl.session);
  }
  GST_PAD_STREAM_UNLOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  auto *self = GST_NACLIP_SEGMENT(base);
  GstVideoInfo info;
  if (!read_video_info(GST_ELEMENT_CAST(self), incaps, info)) return FALSE;
  GST_DEBUG_OBJECT(self, "negotiated %" GST_PTR_FORMAT, incaps);
  self->impl->info = info;
  if (self->impl->session) self->impl->session->forget();
  return TRUE;
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  Impl &impl = *GST_NACLIP_SEGMENT(base)->impl;
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START)
    impl.with_session([](SegmentSession &session) { session.interrupt(); });
  // A flush comes with a seek: what plays next has nothing to do with the last mask. FLUSH_STOP
  // arrives when streaming has stopped, so the session is not in use.
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP && impl.session) {
    impl.session->resume();
    impl.session->forget();
    impl.failed = false;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_segment_parent_class)->sink_event(base, event);
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide_query, GstQuery *query) {
  return propose_video_meta(gst_naclip_segment_parent_class, base, decide_query, query);
}

void post(GstNaclipSegment *self, Ptr<GstStructure> structure) {
  gst_element_post_message(GST_ELEMENT_CAST(self),
                           gst_message_new_element(GST_OBJECT_CAST(self), structure.release()));
}

void post_news(GstNaclipSegment *self, SegmentSession &session,
               const SegmentSession::OptionalMask &mask, GstClockTime pts) {
  const SegmentSettings &settings = session.settings();
  if (mask.new_vocabulary) post(self, vocabulary_message(session.vocabulary(), pts));
  if (mask.fresh && settings.post_messages) post(self, segmentation_message(mask.segmentation));
  if (settings.stats_interval == 0) return;
  const gint64 now = g_get_monotonic_time();
  if (now - self->impl->last_statistics < settings.stats_interval * G_GINT64_CONSTANT(1000)) return;
  self->impl->last_statistics = now;
  post(self, session.statistics());
}

GstFlowReturn segment(GstNaclipSegment *self, GstBuffer *buffer) {
  Impl &impl = *self->impl;
  if (!impl.session) return GST_FLOW_FLUSHING;  // stopped already, see stop()
  SegmentSession &session = *impl.session;
  const Pace pace = impl.pacing.pace(session.settings().mode);
  const gint64 arrival = g_get_monotonic_time();
  const SegmentSession::OptionalMask mask = session.next(buffer, impl.info, pace);
  if (mask.interrupted) return GST_FLOW_FLUSHING;
  if (mask.failed) return GST_FLOW_ERROR;
  GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT ": %s mask", buffer,
                 mask.segmentation == nullptr ? "no"
                 : mask.fresh                 ? "fresh"
                                              : "last");
  if (mask.segmentation != nullptr) {
    attach(buffer, mask.segmentation, impl.info);
    session.analytics().attach(buffer);
  }
  post_news(self, session, mask, GST_BUFFER_PTS(buffer));
  if (mask.fresh && pace == Pace::kSync && impl.pacing.live())
    impl.pacing.waited(g_get_monotonic_time() - arrival, session.worst_latency(), impl.info);
  return GST_FLOW_OK;
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  auto *self = GST_NACLIP_SEGMENT(base);
  if (self->impl->failed) return GST_FLOW_ERROR;  // told already
  const GstFlowReturn flow = guarded(self, GST_FLOW_ERROR, [&] { return segment(self, buffer); });
  self->impl->failed = flow == GST_FLOW_ERROR;
  return flow;
}

void finalize(GObject *object) {
  delete GST_NACLIP_SEGMENT(object)->impl;
  G_OBJECT_CLASS(gst_naclip_segment_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_segment_init(GstNaclipSegment *self) {
  auto *base = GST_BASE_TRANSFORM(self);
  self->impl = new Impl(base);
  keep_every_frame(base);
}

static void gst_naclip_segment_class_init(GstNaclipSegmentClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_segment_debug, "naclipsegment", 0, "NACLIP segmentation");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kSegmentProperties);
  g_object_class_install_property(
      object_class, kPropertyStats,
      g_param_spec_boxed("stats", "Statistics",
                         "naclip-stats: frames, inferred, skipped, carried, errors; latency-last, "
                         "-mean, -p99 and total-latency-last, "
                         "-mean, -p99 (ns); queue, batch",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->set_context = set_context;
  const auto formats = formats_where([](const PixelLayout &) { return true; });
  for (const GstPadDirection direction : {GST_PAD_SINK, GST_PAD_SRC})
    add_video_pad(element_class, direction, formats, FrameMemory::kSystemOrCuda);
  gst_element_class_set_static_metadata(
      element_class, "NACLIP segmenter", "Filter/Analyzer/Video",
      "Attaches a mask for any words to every frame (arXiv 2404.08181)", "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->query = query;
  base_class->propose_allocation = propose_allocation;
  base_class->before_transform = sync_controlled_properties;
  base_class->transform_ip = transform_ip;
}
