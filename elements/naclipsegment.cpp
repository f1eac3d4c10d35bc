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
#include "naclipsegment.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <utility>

#include "engine.h"
#include "segment_session.h"
#include "segment_settings.h"
#include "support/boundary.h"
#include "support/cuda_frame.h"
#include "support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_segment_debug);
#define GST_CAT_DEFAULT gst_naclip_segment_debug

namespace {

using namespace naclip;

constexpr const char *kCaps =
    NACLIP_VIDEO_CAPS("{ I420, NV12, RGB, BGR, RGBx, BGRx, RGBA, BGRA, GRAY8 }");
constexpr guint kPropertyStats = kSegmentProperties.size() + 1;

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(kCaps));
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(kCaps));

struct Impl {
  std::mutex mutex;          // guards the next three, never held while working
  SegmentSettings settings;  // always valid
  // The same, for reading without a copy; another object whenever they have changed.
  std::shared_ptr<const SegmentSettings> snapshot = std::make_shared<SegmentSettings>();
  std::shared_ptr<SegmentSession> session;  // between start and stop
  GstVideoInfo info{};                      // of the negotiated caps; the streaming thread's
  CudaSharing cuda;

  void publish_settings() {
    const std::lock_guard lock(mutex);
    snapshot = std::make_shared<const SegmentSettings>(settings);
  }
  std::shared_ptr<const SegmentSettings> current_settings() {
    const std::lock_guard lock(mutex);
    return snapshot;
  }
  std::shared_ptr<SegmentSession> current_session() {
    const std::lock_guard lock(mutex);
    return session;
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

void log_line(GstNaclipSegment *self, LogLevel level, const std::string &line) {
  switch (level) {
    case LogLevel::kWarning:
      post_warning(GST_ELEMENT_CAST(self), Error(ErrorKind::kSettings, line));
      break;
    case LogLevel::kInfo:
      GST_INFO_OBJECT(self, "%s", line.c_str());
      break;
    case LogLevel::kDebug:
      GST_DEBUG_OBJECT(self, "%s", line.c_str());
      break;
  }
}

/// Refuses a new value while the old one works: what is set before start is checked at start, once
/// all properties are known.
void accept_change(Impl &impl, guint id, const SegmentSettings &candidate) {
  check_settings(candidate);
  const std::string name = kSegmentProperties[id - 1].name;
  if (name.starts_with("vocabulary") && impl.current_session()) read_vocabulary(candidate);
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_SEGMENT(object)->impl;
  const bool taken =
      set_property(object, id, value, spec, kSegmentProperties, impl.settings, impl.mutex,
                   [&](const SegmentSettings &candidate) { accept_change(impl, id, candidate); });
  if (taken) guarded(object, [&] { impl.publish_settings(); });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_SEGMENT(object)->impl;
  if (id == kPropertyStats) {
    const auto session = impl.current_session();
    const SegmentStatistics statistics = session ? session->statistics() : SegmentStatistics{};
    g_value_take_boxed(value, statistics.structure().release());
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
    impl.cuda.offer(element, impl.current_settings()->device);
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_naclip_segment_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    GST_NACLIP_SEGMENT(element)->impl->cuda.forget();
  return result;
}

void set_context(GstElement *element, GstContext *context) {
  GST_NACLIP_SEGMENT(element)->impl->cuda.set_context(element, context);
  GST_ELEMENT_CLASS(gst_naclip_segment_parent_class)->set_context(element, context);
}

gboolean query(GstBaseTransform *base, GstPadDirection direction, GstQuery *query) {
  if (GST_NACLIP_SEGMENT(base)->impl->cuda.query(GST_ELEMENT_CAST(base), query)) return TRUE;
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_segment_parent_class)->query(base, direction, query);
}

gboolean start(GstBaseTransform *base) {
  auto *self = GST_NACLIP_SEGMENT(base);
  return guarded(self, FALSE, [&] {
    const auto settings = self->impl->current_settings();
    if (settings->mode == Mode::kAsync)
      post_warning(
          GST_ELEMENT_CAST(self),
          Error(ErrorKind::kSettings,
                "mode=async is not there yet: frames wait for their masks, as with mode=sync"));
    auto session = std::make_shared<SegmentSession>(
        settings, [self](LogLevel level, const std::string &line) { log_line(self, level, line); });
    GST_INFO_OBJECT(self, "loaded %s", settings->model.c_str());
    const std::lock_guard lock(self->impl->mutex);
    self->impl->session = std::move(session);
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  Impl &impl = *GST_NACLIP_SEGMENT(base)->impl;
  std::shared_ptr<SegmentSession> session;  // freed once the lock is given back
  const std::lock_guard lock(impl.mutex);
  session.swap(impl.session);
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  auto *self = GST_NACLIP_SEGMENT(base);
  GstVideoInfo info;
  if (!read_video_info(GST_ELEMENT_CAST(self), incaps, info)) return FALSE;
  GST_DEBUG_OBJECT(self, "negotiated %" GST_PTR_FORMAT, incaps);
  self->impl->info = info;
  if (const auto session = self->impl->current_session()) session->forget();
  return TRUE;
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  // A flush comes with a seek: what plays next has nothing to do with the last mask. FLUSH_STOP
  // arrives when streaming has stopped, so the session is not in use.
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    if (const auto session = GST_NACLIP_SEGMENT(base)->impl->current_session()) session->forget();
  }
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_segment_parent_class)->sink_event(base, event);
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decide_query, GstQuery *query) {
  return propose_video_meta(gst_naclip_segment_parent_class, base, decide_query, query);
}

/// A vocabulary that turns out bad only now (a word that cannot be encoded) leaves the old one
/// working.
void update_settings(GstNaclipSegment *self, SegmentSession &session,
                     std::shared_ptr<const SegmentSettings> settings) {
  try {
    session.update(std::move(settings));
  } catch (const Error &error) {
    post_warning(GST_ELEMENT_CAST(self), error);
  }
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  auto *self = GST_NACLIP_SEGMENT(base);
  return guarded(self, GST_FLOW_ERROR, [&] {
    const auto session = self->impl->current_session();
    update_settings(self, *session, self->impl->current_settings());
    bool fresh = false;
    GstNaclipSegmentation *segmentation = session->next(buffer, self->impl->info, fresh);
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT ": %s mask", buffer, fresh ? "fresh" : "last");
    gst_buffer_add_naclip_segmentation_meta(
        buffer, segmentation, 0, 0, static_cast<guint>(GST_VIDEO_INFO_WIDTH(&self->impl->info)),
        static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&self->impl->info)));
    session->analytics().attach(buffer);
    if (fresh && session->settings().post_messages)
      gst_element_post_message(
          GST_ELEMENT_CAST(self),
          gst_message_new_element(GST_OBJECT_CAST(self),
                                  segmentation_message(segmentation).release()));
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_SEGMENT(object)->impl;
  G_OBJECT_CLASS(gst_naclip_segment_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_segment_init(GstNaclipSegment *self) {
  self->impl = new Impl;
  auto *base = GST_BASE_TRANSFORM(self);
  gst_base_transform_set_in_place(base, TRUE);
  // A recording must not lose a frame because the one before came late.
  gst_base_transform_set_qos_enabled(base, FALSE);
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
      g_param_spec_boxed(
          "stats", "Statistics",
          "naclip-stats: frames, inferred, skipped, latency-last and latency-mean (ns), queue",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->set_context = set_context;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
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
