/**
 * SECTION:element-naclippublish
 * @title: naclippublish
 * @short_description: Sends what masks show, and events, as JSON
 *
 * Takes frames with masks, as #naclipsegment leaves them, and passes them on as they are. For each
 * new mask it sends one message, a line of JSON of the schema `naclip/1`: the classes' shares of
 * the picture, and by `content` also the boxes around them, their masks as run lengths that
 * pycocotools reads, and polygons. Events on frames have messages of their own, and so has the
 * vocabulary, at first and where it changes. The schema is installed as
 * `share/gst-naclip/naclip-1.schema.json`.
 *
 * Messages go to a file, to an MQTT broker or to a Kafka cluster, from a queue that another thread
 * empties: the stream does not wait for it unless `overflow=block`. While there is no connection it
 * is tried again after 1, 2, 4, ... 30 seconds, and what is queued is sent in order. Messages that
 * do not fit into the queue are dropped and counted. The end of the stream waits up to
 * `drain-timeout` for what is queued.
 *
 * libmosquitto and librdkafka are opened when the element starts.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -q videotestsrc num-buffers=3 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclippublish content=shares+boxes ! fakesink
 * ]| Prints three frames' messages, the vocabulary, and that the source is there and is gone.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! naclipsegment model=ViT-B/16 vocabulary="person; dog; floor" ! naclippublish method=mqtt address=broker.local:1883 source=door ! fakesink
 * ]| Sends to the topics `naclip/door/frame`, `.../vocabulary`, `.../event` and `.../status`.
 *
 * Since: 0.1
 */
#include "elements/publish/naclippublish.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <string>

#include "elements/publish/courier.h"
#include "elements/publish/frame_reporter.h"
#include "elements/publish/settings.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_publish_debug);
#define GST_CAT_DEFAULT gst_naclip_publish_debug

namespace {

using namespace naclip;

constexpr guint kPropertyStats = kPublishProperties.size() + 1;

struct Impl {
  explicit Impl(GstElement *self) : reporter(self, "naclippublish") {}

  std::mutex mutex;  // guards these, never held while working
  PublishSettings settings;
  std::shared_ptr<Courier> courier;  // between start and stop
  PublishCounts last_counts;         // when it stopped

  // The rest belongs to the streaming thread.
  FrameReporter reporter;
  bool drained = false;  // the stream's end has waited for what is queued

  PublishSettings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
  std::shared_ptr<Courier> copy_courier() {
    const std::lock_guard lock(mutex);
    return courier;
  }
  void interrupt(bool interrupted) {
    if (const auto current = copy_courier()) current->interrupt(interrupted);
  }
};

}  // namespace

struct _GstNaclipPublish {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipPublish, gst_naclip_publish, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclippublish, "naclippublish", GST_RANK_NONE, GST_TYPE_NACLIP_PUBLISH)

namespace {

Ptr<GstStructure> structure_of(const PublishCounts &counts) {
  const auto number = [](std::uint64_t count) -> guint64 { return count; };
  return Ptr<GstStructure>(gst_structure_new(
      "naclip-publish-stats", "sent", G_TYPE_UINT64, number(counts.sent), "queued", G_TYPE_UINT64,
      number(counts.queued), "dropped", G_TYPE_UINT64, number(counts.dropped), "reconnects",
      G_TYPE_UINT64, number(counts.reconnects), "connected", G_TYPE_BOOLEAN,
      static_cast<gboolean>(counts.connected), nullptr));
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_PUBLISH(object)->impl;
  set_property(object, id, value, spec, kPublishProperties, impl.settings, impl.mutex);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_PUBLISH(object)->impl;
  if (id == kPropertyStats) {
    const auto courier = impl.copy_courier();
    const std::lock_guard lock(impl.mutex);
    g_value_take_boxed(
        value, structure_of(courier != nullptr ? courier->counts() : impl.last_counts).release());
    return;
  }
  get_property(object, id, value, spec, kPublishProperties, impl.settings, impl.mutex);
}

void reopen(GstNaclipPublish *self) {
  if (const auto courier = self->impl->copy_courier()) courier->reopen();
}

gboolean start(GstBaseTransform *base) {
  auto *self = GST_NACLIP_PUBLISH(base);
  return guarded(self, FALSE, [&] {
    Impl &impl = *self->impl;
    PublishSettings settings = impl.copy_settings();
    settings.camera = camera_of(GST_ELEMENT(self), settings);
    require_complete(settings);
    auto courier = std::make_shared<Courier>(GST_ELEMENT(self), settings, settings.camera);
    impl.reporter.restart(settings.camera);
    impl.drained = false;
    const std::lock_guard lock(impl.mutex);
    impl.courier = std::move(courier);
    return TRUE;
  });
}

void drain(GstNaclipPublish *self) {
  Impl &impl = *self->impl;
  if (std::exchange(impl.drained, true)) return;
  if (const auto courier = impl.copy_courier())
    courier->drain(std::chrono::milliseconds(impl.copy_settings().drain_timeout));
}

gboolean stop(GstBaseTransform *base) {
  auto *self = GST_NACLIP_PUBLISH(base);
  guarded(self, [&] {
    Impl &impl = *self->impl;
    const auto courier = impl.copy_courier();
    if (courier == nullptr) return;
    courier->interrupt(false);
    // A stream that is stopped without its end does not wait for a connection that was lost.
    if (courier->is_hopeful()) drain(self);
    courier->end();
    const std::lock_guard lock(impl.mutex);
    impl.last_counts = courier->counts();
    impl.courier.reset();
  });
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  return GST_NACLIP_PUBLISH(base)->impl->reporter.set_caps(incaps);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  auto *self = GST_NACLIP_PUBLISH(base);
  Impl &impl = *self->impl;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_EOS:
      impl.reporter.end();
      guarded(self, [&] { drain(self); });
      break;
    case GST_EVENT_FLUSH_START:
      impl.interrupt(true);
      break;
    case GST_EVENT_FLUSH_STOP:
      impl.interrupt(false);
      impl.reporter.flushed();
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_publish_parent_class)->sink_event(base, event);
}

/// Queues all that there is to say of a frame.
GstFlowReturn publish(GstNaclipPublish *self, Courier &courier, GstBuffer *frame) {
  Impl &impl = *self->impl;
  GstFlowReturn flow = GST_FLOW_OK;
  impl.reporter.report(frame, impl.copy_settings(), [&](MessageKind kind, const std::string &text) {
    if (flow == GST_FLOW_OK) flow = courier.post({kind, text});
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT " has a message: %s", frame, name_of(kind));
  });
  return flow;
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *frame) {
  auto *self = GST_NACLIP_PUBLISH(base);
  return guarded(self, GST_FLOW_ERROR, [&] {
    self->impl->drained = false;
    const auto courier = self->impl->copy_courier();
    return courier != nullptr ? publish(self, *courier, frame) : GST_FLOW_FLUSHING;
  });
}

GstStateChangeReturn change_state(GstElement *element, GstStateChange change) {
  // A stream that waits for room in the queue would keep its pads from stopping.
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
    GST_NACLIP_PUBLISH(element)->impl->interrupt(true);
  return GST_ELEMENT_CLASS(gst_naclip_publish_parent_class)->change_state(element, change);
}

void finalize(GObject *object) {
  delete GST_NACLIP_PUBLISH(object)->impl;
  G_OBJECT_CLASS(gst_naclip_publish_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_publish_init(GstNaclipPublish *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  keep_every_frame(GST_BASE_TRANSFORM(self));
  gst_base_transform_set_passthrough(GST_BASE_TRANSFORM(self), TRUE);
}

static void gst_naclip_publish_class_init(GstNaclipPublishClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_publish_debug, "naclippublish", 0, "NACLIP messages");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kPublishProperties);
  g_object_class_install_property(
      object_class, kPropertyStats,
      g_param_spec_boxed("stats", "Statistics",
                         "naclip-publish-stats: messages sent, queued, dropped; reconnects; "
                         "connected",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  /**
   * GstNaclipPublish::reopen:
   * @self: the element
   *
   * Action: closes the file of `location` and opens it again by its name, as after logrotate has
   * renamed it.
   *
   * Since: 0.1
   */
  g_signal_new_class_handler("reopen", G_TYPE_FROM_CLASS(klass),
                             static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             G_CALLBACK(reopen), nullptr, nullptr, nullptr, G_TYPE_NONE, 0);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  add_any_video_pad(element_class, GST_PAD_SINK);
  add_any_video_pad(element_class, GST_PAD_SRC);
  gst_element_class_set_static_metadata(
      element_class, "NACLIP publisher", "Filter/Analyzer/Video",
      "Sends what masks show, and events, as JSON to a file, to MQTT or to Kafka",
      "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->before_transform = sync_controlled_properties;
  base_class->transform_ip = transform_ip;
}
