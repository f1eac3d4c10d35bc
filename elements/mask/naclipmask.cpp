/**
 * SECTION:element-naclipmask
 * @title: naclipmask
 * @short_description: turns the masks that frames carry into video
 *
 * Takes frames that carry a mask, as #naclipsegment leaves them, and gives frames of the same size
 * and time:
 *
 * - `output=labels`: the region ids as grey values, GRAY8; GRAY16_LE where downstream asks for it,
 * which vocabularies of more than 255 classes need. 0 is nothing, or the background.
 * - `output=matte`: the picture with the chosen classes opaque and all else transparent, RGBA or
 * BGRA, for #compositor or #alphacombine. It takes pictures of the RGB family; put #videoconvert in
 * front.
 * - `output=colour`: each class in its colour, on black.
 *
 * Frames may lie in a GPU's memory, `video/x-raw(memory:CUDAMemory)`; a matte's picture is then copied
 * to host memory, the other outputs do not look at it. Masks come in system memory.
 *
 * Ids and colours are scaled by nearest neighbour, so that no value appears that is not in the
 * mask; a matte's edges are smooth. Where several naclipsegment are in line the nearest one counts,
 * unless `source` names another. Where there is none, masks that other elements attached as
 * GstAnalytics metadata do as well (GStreamer 1.26 or later). A frame without a mask becomes a
 * frame of nothing; where none comes in ten seconds, or at all, a warning says so.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=1 ! video/x-raw,width=160,height=120 ! naclipsegment model=tests/data/golden/tiny-openai-torchscript.pt vocabulary="alpha; beta; gamma" ! naclipmask output=colour ! pngenc ! filesink location=mask.png
 * ]| One test picture's classes in their colours. Run it in the source folder; its model is a tiny
 * one with random weights.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=100 ! naclipsegment model=tests/data/golden/tiny-openai-torchscript.pt vocabulary="alpha; beta" ! videoconvert ! naclipmask output=matte classes=beta ! compositor background=white ! videoconvert ! autovideosink
 * ]| One class cut out, on white.
 *
 * Since: 0.1
 */
#include "elements/mask/naclipmask.h"

#include <gst/video/video.h>

#include <mutex>
#include <string>
#include <vector>

#include "elements/mask/mask_painter.h"
#include "elements/support/cuda_frame.h"
#include "elements/support/mapped_frame.h"
#include "elements/support/mask_matrix.h"
#include "elements/support/mask_reader.h"
#include "elements/support/properties.h"
#include "elements/support/ptr.h"
#include "elements/support/video_filter.h"

GST_DEBUG_CATEGORY_STATIC(naclip_mask_debug);
#define GST_CAT_DEFAULT naclip_mask_debug

using namespace naclip;

namespace {

enum class Output { kLabels, kMatte, kColour };

constexpr EnumTable<Output, 3> kOutputs{
    "GstNaclipMaskOutput",
    {{{Output::kLabels, "labels", "Region ids, GRAY8 or GRAY16_LE"},
      {Output::kMatte, "matte", "The picture, transparent but for the chosen classes"},
      {Output::kColour, "colour", "Each chosen class in its colour, on black"}}}};

struct Settings : MaskSettings {
  Output output = Output::kLabels;
};

constexpr std::array kProperties{
    Property<Settings>{"output", "Output", "What to make of the masks",
                       enum_field<&Settings::output, kOutputs>(), Change::kStopped},
    kClassesProperty<Settings>,
    kSourceProperty<Settings>,
};

/// Which formats an output takes and gives, in order of preference: negotiation takes the first
/// that fits.
struct Formats {
  std::vector<const char *> sink;
  std::vector<const char *> source;
};

/// Never destroyed: caps may be negotiated while a process exits.
const Formats &formats_of(Output output) {
  static const auto &rgb = *new auto(
      formats_where([](const PixelLayout &layout) { return !layout.ycbcr && !layout.grey(); }));
  static const auto &all = *new auto(formats_where([](const PixelLayout &) { return true; }));
  static const Formats &labels = *new Formats{all, {"GRAY8", "GRAY16_LE"}};
  static const Formats &matte = *new Formats{rgb, {"RGBA", "BGRA"}};
  static const Formats &colour = *new Formats{all, rgb};
  switch (output) {
    case Output::kMatte:
      return matte;
    case Output::kColour:
      return colour;
    default:
      return labels;
  }
}

ChannelOrder channel_order(const GstVideoInfo &info) {
  // Of the RGB family all offsets lie within one pixel, which is what a channel's number is.
  const auto channel = [&](guint component) {
    return component < GST_VIDEO_INFO_N_COMPONENTS(&info)
               ? static_cast<int>(GST_VIDEO_INFO_COMP_POFFSET(&info, component))
               : -1;
  };
  return {channel(0), channel(1), channel(2), channel(3)};
}

/// The first plane as OpenCV sees it; no longer valid than `frame`.
cv::Mat first_plane(const MappedFrame &frame) {
  const bool wide = frame.format() == GST_VIDEO_FORMAT_GRAY16_LE;
  const int channels = wide ? 1 : GST_VIDEO_INFO_COMP_PSTRIDE(&frame.info(), 0);
  return {frame.height(), frame.width(), CV_MAKETYPE(wide ? CV_16U : CV_8U, channels),
          frame.plane(0), static_cast<std::size_t>(frame.stride(0))};
}

struct Impl {
  explicit Impl(GstElement *self) : reader(self, "naclipmask") {}

  std::mutex mutex;
  Settings settings;  // guarded by mutex

  // The streaming thread's own.
  GstVideoInfo in_info{};
  GstVideoInfo out_info{};
  MaskPainter painter;
  MaskReader reader;

  Settings copy_settings() {
    const std::lock_guard lock(mutex);
    return settings;
  }
};

}  // namespace

struct _GstNaclipMask {
  GstBaseTransform parent;
  Impl *impl;
};

G_DEFINE_TYPE(GstNaclipMask, gst_naclip_mask, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(naclipmask, "naclipmask", GST_RANK_NONE, GST_TYPE_NACLIP_MASK)

static Impl &impl_of(gpointer self) {
  return *GST_NACLIP_MASK(self)->impl;
}

static void check_depth(const std::vector<bool> &chosen, GstVideoFormat format) {
  if (format != GST_VIDEO_FORMAT_GRAY8 || chosen.size() <= 256) return;
  throw Error(ErrorKind::kSettings, "There are " + std::to_string(chosen.size()) +
                                        " regions, more than GRAY8 can hold. Put the caps filter "
                                        "video/x-raw,format=GRAY16_LE behind naclipmask.");
}

/// `shown` is null for a frame without a mask.
static void paint(Impl &impl, Output output, const ChosenMask *shown, GstBuffer *in,
                  GstBuffer *out) {
  const LabelMap map =
      shown != nullptr ? LabelMap{labels_of(shown->mask), rectangle_of(shown->mask)} : LabelMap{};
  const std::vector<bool> chosen = shown != nullptr ? shown->chosen : std::vector<bool>{};
  const MappedFrame canvas(out, impl.out_info, GST_MAP_WRITE);
  cv::Mat pixels = first_plane(canvas);
  if (output == Output::kLabels) {
    check_depth(chosen, canvas.format());
    impl.painter.paint_labels(map, chosen, pixels);
  } else if (output == Output::kColour) {
    std::vector<Colour> colours;
    if (shown != nullptr) {
      for (const MaskRegion &region : shown->mask.regions) colours.push_back(region.colour);
    }
    impl.painter.paint_colours(map, chosen, colours, channel_order(impl.out_info), pixels);
  } else {
    const MappedFrame picture(in, impl.in_info, GST_MAP_READ);
    impl.painter.paint_matte(map, chosen, first_plane(picture), channel_order(impl.in_info),
                             channel_order(impl.out_info), pixels);
  }
}

static GstFlowReturn transform(GstBaseTransform *trans, GstBuffer *in, GstBuffer *out) {
  return guarded(trans, GST_FLOW_ERROR, [&] {
    GstElement *self = GST_ELEMENT(trans);
    Impl &impl = impl_of(self);
    const Settings settings = impl.copy_settings();
    const std::vector<ChosenMask> masks = impl.reader.read(in, settings);
    const ExitSection section;
    paint(impl, settings.output, masks.empty() ? nullptr : &masks.front(), in, out);
    GST_LOG_OBJECT(self, "%" GST_PTR_FORMAT " from %zu masks", out, masks.size());
    return GST_FLOW_OK;
  });
}

static void set_formats(GstStructure *structure, const std::vector<const char *> &formats) {
  GValue list = G_VALUE_INIT;
  gst_value_list_init(&list, static_cast<guint>(formats.size()));
  for (const char *format : formats) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_static_string(&value, format);
    gst_value_list_append_and_take_value(&list, &value);
  }
  gst_structure_take_value(structure, "format", &list);
}

/// Behind what there is, the same in a GPU's memory.
static void add_cuda_memory(GstCaps *caps) {
  const guint size = gst_caps_get_size(caps);
  for (guint i = 0; i < size; ++i)
    gst_caps_append_structure_full(caps, gst_structure_copy(gst_caps_get_structure(caps, i)),
                                   gst_caps_features_new("memory:CUDAMemory", nullptr));
}

static GstCaps *transform_caps(GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps,
                               GstCaps *filter) {
  return guarded(trans, static_cast<GstCaps *>(nullptr), [&] {
    const Output output = impl_of(trans).copy_settings().output;
    const Formats &formats = formats_of(output);
    const bool to_source = direction == GST_PAD_SINK;
    Ptr<GstCaps> own(gst_pad_get_pad_template_caps(to_source ? trans->sinkpad : trans->srcpad));
    // What this output does not take on this side leads nowhere.
    own.reset(gst_caps_make_writable(own.release()));
    for (guint i = 0; i < gst_caps_get_size(own.get()); ++i) {
      set_formats(gst_caps_get_structure(own.get(), i), to_source ? formats.sink : formats.source);
    }
    Ptr<GstCaps> other(
        gst_caps_make_writable(gst_caps_intersect_full(caps, own.get(), GST_CAPS_INTERSECT_FIRST)));
    for (guint i = 0; i < gst_caps_get_size(other.get()); ++i) {
      GstStructure *structure = gst_caps_get_structure(other.get(), i);
      set_formats(structure, to_source ? formats.source : formats.sink);
      // They speak of the format that was, but a matte is the picture still.
      gst_structure_remove_field(structure, "chroma-site");
      if (output != Output::kMatte) gst_structure_remove_field(structure, "colorimetry");
      // Masks are made in system memory, whatever memory the picture lies in.
      gst_caps_set_features(other.get(), i, nullptr);
    }
    if (!to_source) add_cuda_memory(other.get());
    if (filter != nullptr) {
      other.reset(gst_caps_intersect_full(filter, other.get(), GST_CAPS_INTERSECT_FIRST));
    }
    GST_DEBUG_OBJECT(trans, "%" GST_PTR_FORMAT " becomes %" GST_PTR_FORMAT, caps, other.get());
    return other.release();
  });
}

static gboolean set_caps(GstBaseTransform *trans, GstCaps *in, GstCaps *out) {
  Impl &impl = impl_of(trans);
  GST_DEBUG_OBJECT(trans, "from %" GST_PTR_FORMAT " to %" GST_PTR_FORMAT, in, out);
  return gst_video_info_from_caps(&impl.in_info, in) &&
         gst_video_info_from_caps(&impl.out_info, out);
}

static gboolean get_unit_size(GstBaseTransform *, GstCaps *caps, gsize *size) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  *size = GST_VIDEO_INFO_SIZE(&info);
  return TRUE;
}

static gboolean transform_size(GstBaseTransform *trans, GstPadDirection, GstCaps *, gsize,
                               GstCaps *other_caps, gsize *other_size) {
  // Not from the other size: padded rows do not come along.
  return get_unit_size(trans, other_caps, other_size);
}

static gboolean propose_allocation(GstBaseTransform *trans, GstQuery *decided, GstQuery *query) {
  return propose_video_meta(gst_naclip_mask_parent_class, trans, decided, query);
}

/// The frame keeps its size, so all that is said of places in it stays true.
static gboolean transform_meta(GstBaseTransform *, GstBuffer *, GstMeta *meta, GstBuffer *) {
  const gchar *const *tags = gst_meta_api_type_get_tags(meta->info->api);
  for (; tags != nullptr && *tags != nullptr; ++tags) {
    if (!g_str_equal(*tags, GST_META_TAG_VIDEO_STR) &&
        !g_str_equal(*tags, GST_META_TAG_VIDEO_SIZE_STR) &&
        !g_str_equal(*tags, GST_META_TAG_VIDEO_ORIENTATION_STR)) {
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean start(GstBaseTransform *trans) {
  impl_of(trans).reader.restart();
  return TRUE;
}

static gboolean sink_event(GstBaseTransform *trans, GstEvent *event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) impl_of(trans).reader.end();
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) impl_of(trans).reader.flushed();
  return GST_BASE_TRANSFORM_CLASS(gst_naclip_mask_parent_class)->sink_event(trans, event);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
  Impl &impl = impl_of(object);
  set_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
  Impl &impl = impl_of(object);
  get_property(object, id, value, spec, kProperties, impl.settings, impl.mutex);
}

static void gst_naclip_mask_init(GstNaclipMask *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  // Or naclipsegment would be given grey pictures for the sake of the grey labels that we make.
  gst_base_transform_set_prefer_passthrough(GST_BASE_TRANSFORM(self), FALSE);
}

static void finalize(GObject *object) {
  delete GST_NACLIP_MASK(object)->impl;
  G_OBJECT_CLASS(gst_naclip_mask_parent_class)->finalize(object);
}

static void gst_naclip_mask_class_init(GstNaclipMaskClass *klass) {
  GST_DEBUG_CATEGORY_INIT(naclip_mask_debug, "naclipmask", 0, "masks as video");
  GObjectClass *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, kProperties);

  GstElementClass *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "NACLIP mask", "Filter/Converter/Video",
      "Turns the masks that naclipsegment attached into video: ids, a matte, or colours",
      "The gst-naclip authors");
  std::vector<const char *> made = formats_of(Output::kLabels).source;
  made.insert(made.end(), formats_of(Output::kColour).source.begin(),
              formats_of(Output::kColour).source.end());
  add_video_pad(element_class, GST_PAD_SINK, formats_of(Output::kLabels).sink,
                FrameMemory::kSystemOrCuda);
  add_video_pad(element_class, GST_PAD_SRC, made, FrameMemory::kSystem);

  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->transform = transform;
  transform_class->transform_caps = transform_caps;
  transform_class->set_caps = set_caps;
  transform_class->get_unit_size = get_unit_size;
  transform_class->transform_size = transform_size;
  transform_class->propose_allocation = propose_allocation;
  transform_class->transform_meta = transform_meta;
  transform_class->start = start;
  transform_class->sink_event = sink_event;
  // GRAY8 in and GRAY8 out have equal caps, but the one is a picture and the other its mask.
  transform_class->passthrough_on_same_caps = FALSE;
}
