/**
 * SECTION:element-naclipobjects
 * @title: naclipobjects
 * @short_description: Attaches the masks' connected parts as boxes, for trackers, ONVIF and overlays
 *
 * Takes frames with masks, as #naclipsegment leaves them, and attaches a #GstAnalyticsODMtd for each
 * connected part of the chosen classes: its type is the class's label, its place a box in the
 * frame's pixels, its confidence the class's mean. It is related (RELATE_TO) with the
 * #GstAnalyticsSegmentationMtd that it was found in. Pixels are unchanged, and so is what other
 * elements attached. Whatever reads boxes can follow: `ioutracker`, `objectdetectionoverlay`,
 * `relationmeta2onvifmeta`.
 *
 * A mask tells classes apart, not things: two people who overlap in the picture are one object.
 * A mask that several frames carry is searched once. All raw video is taken, in any memory.
 *
 * There is no such element before GStreamer 1.26, whose analytics metadata it needs. All properties
 * may be changed while playing.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 ! naclipsegment model=tests/data/golden/tiny-openai.safetensors vocabulary="cat; dog" ! naclipobjects ! videoconvert ! objectdetectionoverlay ! videoconvert ! autovideosink
 * ]|
 * Since: 0.1
 */
#include "elements/objects/naclipobjects.h"

#include <mutex>
#include <vector>

#include "elements/objects/detections.h"
#include "elements/objects/object_search.h"
#include "elements/objects/settings.h"
#include "elements/objects/statistics.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(gst_naclip_objects_debug);
#define GST_CAT_DEFAULT gst_naclip_objects_debug

namespace {

using namespace naclip;

constexpr guint kPropertyStats = kObjectsProperties.size() + 1;

struct Impl {
  explicit Impl(GstElement *self) : reader(self, "naclipobjects") {}

  std::mutex mutex;  // guards settings, never held while working
  ObjectsSettings settings;
  ObjectsStatistics statistics;

  // The streaming thread's.
  FrameSize size;  // of the negotiated caps
  MaskReader reader;
  ObjectSearch search;

  ObjectsSettings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct _GstNaclipObjects {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipObjects, gst_naclip_objects, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipobjects, "naclipobjects", GST_RANK_NONE, GST_TYPE_NACLIP_OBJECTS)

namespace {

void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_OBJECTS(object)->impl;
  set_property(object, id, value, spec, kObjectsProperties, impl.settings, impl.mutex);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = *GST_NACLIP_OBJECTS(object)->impl;
  if (id == kPropertyStats) {
    g_value_take_boxed(value, impl.statistics.structure().release());
    return;
  }
  get_property(object, id, value, spec, kObjectsProperties, impl.settings, impl.mutex);
}

gboolean start(GstBaseTransform *base) {
  Impl &impl = *GST_NACLIP_OBJECTS(base)->impl;
  impl.reader.restart();
  impl.statistics.clear();
  return TRUE;
}

gboolean stop(GstBaseTransform *base) {
  // The source pad is deactivated first: until the sink pad is too, one more frame may come.
  GST_PAD_STREAM_LOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  GST_NACLIP_OBJECTS(base)->impl->search.forget();
  GST_PAD_STREAM_UNLOCK(GST_BASE_TRANSFORM_SINK_PAD(base));
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *incaps, GstCaps *) {
  FrameSize &size = GST_NACLIP_OBJECTS(base)->impl->size;
  GST_DEBUG_OBJECT(base, "negotiated %" GST_PTR_FORMAT, incaps);
  // Nothing else, so that formats that only drivers know do as well.
  const GstStructure *structure = gst_caps_get_structure(incaps, 0);
  return gst_structure_get_int(structure, "width", &size.width) &&
         gst_structure_get_int(structure, "height", &size.height);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  Impl &impl = *GST_NACLIP_OBJECTS(base)->impl;
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) impl.reader.end();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) impl.reader.flushed();
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_objects_parent_class)->sink_event(base, event);
}

void find_and_attach(GstNaclipObjects *self, GstBuffer *frame) {
  Impl &impl = *self->impl;
  const ObjectsSettings settings = impl.copy_settings();
  ObjectsStatistics &statistics = impl.statistics;
  std::vector<ChosenMask> masks = impl.reader.read_or_warn(frame, settings);
  std::erase_if(
      masks, [&](const ChosenMask &one) { return !is_recent(one.mask, frame, settings.max_age); });
  ++statistics.frames;
  if (masks.empty()) ++statistics.without_mask;
  for (std::size_t index = 0; index < masks.size(); ++index) {
    const FoundObjects &found = impl.search.find(index, masks[index], settings, impl.size);
    attach_detections(frame, masks[index].mask, found.objects);
    statistics.objects += found.objects.size();
    statistics.surplus += found.surplus;
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT ": %zu objects, %zu left out", frame,
                   found.objects.size(), found.surplus);
  }
  statistics.searched = impl.search.searched();
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *frame) {
  return guarded(base, GST_FLOW_ERROR, [&] {
    find_and_attach(GST_NACLIP_OBJECTS(base), frame);
    return GST_FLOW_OK;
  });
}

void finalize(GObject *object) {
  delete GST_NACLIP_OBJECTS(object)->impl;
  G_OBJECT_CLASS(gst_naclip_objects_parent_class)->finalize(object);
}

}  // namespace

static void gst_naclip_objects_init(GstNaclipObjects *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  keep_every_frame(GST_BASE_TRANSFORM(self));
}

static void gst_naclip_objects_class_init(GstNaclipObjectsClass *klass) {
  GST_DEBUG_CATEGORY_INIT(gst_naclip_objects_debug, "naclipobjects", 0, "masks as boxes");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kObjectsProperties);
  g_object_class_install_property(
      object_class, kPropertyStats,
      g_param_spec_boxed("stats", "Statistics",
                         "naclip-objects-stats, since start: frames, without-mask, searched, "
                         "objects, surplus",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  auto *element_class = GST_ELEMENT_CLASS(klass);
  add_any_video_pad(element_class, GST_PAD_SINK);
  add_any_video_pad(element_class, GST_PAD_SRC);
  gst_element_class_set_static_metadata(element_class, "NACLIP objects", "Filter/Analyzer/Video",
                                        "Attaches a box for each connected part of the masks",
                                        "The gst-naclip authors");

  auto *base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->start = start;
  base_class->stop = stop;
  base_class->set_caps = set_caps;
  base_class->sink_event = sink_event;
  base_class->before_transform = sync_controlled_properties;
  base_class->transform_ip = transform_ip;
}
