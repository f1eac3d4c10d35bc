/**
 * SECTION:element-naclipjson
 * @title: naclipjson
 * @short_description: Turns what masks show, and events, into a stream of JSON text
 *
 * Takes frames with masks, as #naclipsegment leaves them, and gives text: the messages of the schema
 * `naclip/1` that #naclippublish would send of a frame, one per line, in a buffer with the frame's
 * time and duration. A frame of which there is nothing to say becomes a gap event. There are no
 * messages of the type status.
 *
 * The text is for a track of a recording, for #filesink, or for #appsink.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=3 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipjson content=shares+boxes ! filesink location=masks.jsonl
 * ]| Writes the vocabulary and three frames' messages. Run it in the source folder; its model is a tiny
 * one with random weights.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! tee name=t ! queue ! videoconvert ! vp8enc deadline=1 ! matroskamux name=mux ! filesink location=masks.mkv t. ! queue ! naclipjson ! mux.
 * ]| A recording with the messages as a text track.
 *
 * Since: 0.1
 */
#include "elements/publish/naclipjson.h"

#include <mutex>
#include <string>

#include "elements/publish/frame_reporter.h"
#include "elements/publish/message_settings.h"
#include "elements/support/ptr.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_json_debug);
#define GST_CAT_DEFAULT gst_naclip_json_debug

namespace {

using namespace naclip;

constexpr const char *kText = "text/x-raw, format = (string) utf8";
constexpr const auto &kProperties = kMessageProperties<MessageSettings>;

struct Impl {
  explicit Impl(GstElement *self) : reporter(self, "naclipjson") {}

  std::mutex mutex;
  MessageSettings settings;  // guarded by mutex

  // The streaming thread's own.
  FrameReporter reporter;
  std::string text;

  MessageSettings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct _GstNaclipJson {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipJson, gst_naclip_json, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipjson, "naclipjson", GST_RANK_NONE, GST_TYPE_NACLIP_JSON)

namespace {

Impl &impl_of(gpointer self) {
  return *GST_NACLIP_JSON(self)->impl;
}

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = impl_of(object);
  set_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = impl_of(object);
  get_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

gboolean start(GstBaseTransform *base) {
  return guarded(base, FALSE, [&] {
    Impl &impl = impl_of(base);
    impl.reporter.restart(camera_of(GST_ELEMENT(base), impl.copy_settings()));
    return TRUE;
  });
}

gboolean set_caps(GstBaseTransform *base, GstCaps *in, GstCaps *) {
  return impl_of(base).reporter.set_caps(in);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) impl_of(base).reporter.end();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) impl_of(base).reporter.flushed();
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_json_parent_class)->sink_event(base, event);
}

/// Any picture becomes the one kind of text, and nothing is known of a picture from its text.
GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps,
                        GstCaps *filter) {
  Ptr<GstCaps> other(gst_caps_is_empty(caps)     ? gst_caps_new_empty()
                     : direction == GST_PAD_SINK ? gst_caps_from_string(kText)
                                                 : gst_pad_get_pad_template_caps(base->sinkpad));
  if (filter != nullptr)
    other.reset(gst_caps_intersect_full(filter, other.get(), GST_CAPS_INTERSECT_FIRST));
  return other.release();
}

gboolean propose_allocation(GstBaseTransform *base, GstQuery *decided, GstQuery *query) {
  return propose_video_meta(gst_naclip_json_parent_class, base, decided, query);
}

/// How much text there will be, nobody knows before it is written.
GstFlowReturn prepare_output_buffer(GstBaseTransform *, GstBuffer *, GstBuffer **out) {
  *out = gst_buffer_new();
  return GST_FLOW_OK;
}

/// Tells a muxer that no text comes for this frame, so that it does not wait for it.
GstFlowReturn skip(GstBaseTransform *base, GstBuffer *frame) {
  if (GST_BUFFER_PTS_IS_VALID(frame))
    gst_pad_push_event(GST_BASE_TRANSFORM_SRC_PAD(base),
                       gst_event_new_gap(GST_BUFFER_PTS(frame), GST_BUFFER_DURATION(frame)));
  return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

GstFlowReturn transform(GstBaseTransform *base, GstBuffer *frame, GstBuffer *out) {
  return guarded(base, GST_FLOW_ERROR, [&] {
    Impl &impl = impl_of(base);
    std::string &text = impl.text;
    text.clear();
    impl.reporter.report(frame, impl.copy_settings(), [&](MessageKind, const std::string &message) {
      text += message;
      text += '\n';
    });
    if (text.empty()) return skip(base, frame);
    gst_buffer_copy_into(out, frame, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
    gst_buffer_append_memory(
        out,
        gst_memory_new_wrapped(static_cast<GstMemoryFlags>(0), g_memdup2(text.data(), text.size()),
                               text.size(), 0, text.size(), nullptr, g_free));
    GST_LOG_OBJECT(base, "%" GST_PTR_FORMAT " has %zu bytes of text", frame, text.size());
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_JSON(object)->impl;
  G_OBJECT_CLASS(gst_naclip_json_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_json_init(GstNaclipJson *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);
  gst_base_transform_set_prefer_passthrough(GST_BASE_TRANSFORM(self), FALSE);
}

static void gst_naclip_json_class_init(GstNaclipJsonClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_json_debug, "naclipjson", 0, "NACLIP messages as text");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kProperties);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  add_any_video_pad(element_class, GST_PAD_SINK);
  const Ptr<GstCaps> text(gst_caps_from_string(kText));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, text.get()));
  gst_element_class_set_static_metadata(
      element_class, "NACLIP JSON", "Filter/Converter/Video",
      "Turns what masks show, and events, into a stream of JSON text", "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->transform_caps = transform_caps;
  base_class->propose_allocation = propose_allocation;
  base_class->before_transform = sync_controlled_properties;
  base_class->prepare_output_buffer = prepare_output_buffer;
  base_class->transform = transform;
  base_class->passthrough_on_same_caps = FALSE;
}
