#include "naclipmeta.h"

#include "naclipmeta_transform.h"

static GstNaclipSegmentationMeta *as_segmentation_meta(GstMeta *meta) {
  return reinterpret_cast<GstNaclipSegmentationMeta *>(meta);
}

/// A copy is attached to no frame, so that it outlives the one that it was attached to.
static GstNaclipSegmentationMeta *segmentation_meta_copy(GstNaclipSegmentationMeta *self) {
  auto *copy = g_new(GstNaclipSegmentationMeta, 1);
  *copy = *self;
  // A binding may have made an empty one.
  if (copy->segmentation != nullptr) gst_naclip_segmentation_ref(copy->segmentation);
  return copy;
}

static void segmentation_meta_free_copy(GstNaclipSegmentationMeta *self) {
  g_clear_pointer(&self->segmentation, gst_naclip_segmentation_unref);
  g_free(self);
}

G_DEFINE_BOXED_TYPE(GstNaclipSegmentationMeta, gst_naclip_segmentation_meta, segmentation_meta_copy,
                    segmentation_meta_free_copy)

static gboolean segmentation_meta_init(GstMeta *meta, gpointer, GstBuffer *) {
  GstNaclipSegmentationMeta *self = as_segmentation_meta(meta);
  self->segmentation = nullptr;
  self->x = self->y = 0;
  self->width = self->height = 0;
  return TRUE;
}

static void segmentation_meta_free(GstMeta *meta, GstBuffer *) {
  g_clear_pointer(&as_segmentation_meta(meta)->segmentation, gst_naclip_segmentation_unref);
}

static gboolean segmentation_meta_transform(GstBuffer *destination, GstMeta *meta, GstBuffer *,
                                            GQuark type, gpointer data) {
  const GstNaclipSegmentationMeta *self = as_segmentation_meta(meta);
  const auto rectangle =
      naclip::transformed({self->x, self->y, self->width, self->height}, type, data);
  if (!rectangle) return FALSE;
  return gst_buffer_add_naclip_segmentation_meta(destination, self->segmentation, rectangle->x,
                                                 rectangle->y, rectangle->width,
                                                 rectangle->height) != nullptr;
}

GType gst_naclip_segmentation_meta_api_get_type(void) {
  // These tags say what the meta depends on, so that base classes leave it to its transform
  // function, or to the element, wherever size or orientation change, and drop it where nobody
  // answers for it.
  static const GType type = [] {
    static const gchar *tags[] = {GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_SIZE_STR,
                                  GST_META_TAG_VIDEO_ORIENTATION_STR, nullptr};
    return gst_meta_api_type_register("GstNaclipSegmentationMetaAPI", tags);
  }();
  return type;
}

/**
 * gst_naclip_segmentation_meta_get_info: (skip)
 *
 * Returns: what GStreamer knows of the meta
 *
 * Since: 0.1
 */
const GstMetaInfo *gst_naclip_segmentation_meta_get_info(void) {
  static const GstMetaInfo *info =
      // GStreamer makes a GType of the name, and the struct's own is that of the boxed type.
      gst_meta_register(GST_NACLIP_SEGMENTATION_META_API_TYPE, "GstNaclipSegmentationMetaImpl",
                        sizeof(GstNaclipSegmentationMeta), segmentation_meta_init,
                        segmentation_meta_free, segmentation_meta_transform);
  return info;
}

/**
 * gst_buffer_add_naclip_segmentation_meta:
 * @buffer: (transfer none): a writable frame
 * @segmentation: (transfer none): the outcome; a reference is taken
 * @x: left edge of the rectangle that the mask covers, in pixels of the frame
 * @y: top edge of that rectangle
 * @width: width of that rectangle, at least 1
 * @height: height of that rectangle, at least 1
 *
 * Attaches a segmentation to a frame.
 *
 * Returns: (transfer none): the meta, which belongs to @buffer
 *
 * Since: 0.1
 */
GstNaclipSegmentationMeta *gst_buffer_add_naclip_segmentation_meta(
    GstBuffer *buffer, GstNaclipSegmentation *segmentation, gint x, gint y, guint width,
    guint height) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(segmentation != nullptr, nullptr);
  g_return_val_if_fail(width > 0 && height > 0, nullptr);
  GstMeta *meta = gst_buffer_add_meta(buffer, GST_NACLIP_SEGMENTATION_META_INFO, nullptr);
  g_return_val_if_fail(meta != nullptr, nullptr);
  GstNaclipSegmentationMeta *self = as_segmentation_meta(meta);
  self->segmentation = gst_naclip_segmentation_ref(segmentation);
  self->x = x;
  self->y = y;
  self->width = width;
  self->height = height;
  return self;
}

/// The next one in the order in which they were attached.
static GstNaclipSegmentationMeta *next_segmentation_meta(GstBuffer *buffer, gpointer *state) {
  return as_segmentation_meta(
      gst_buffer_iterate_meta_filtered(buffer, state, GST_NACLIP_SEGMENTATION_META_API_TYPE));
}

/**
 * gst_buffer_get_naclip_segmentation_meta:
 * @buffer: a frame
 *
 * Where several elements attached a segmentation, this is that of the nearest one upstream;
 * gst_buffer_get_nth_naclip_segmentation_meta() gives them all, and
 * gst_buffer_find_naclip_segmentation_meta() that of one element.
 *
 * Returns: (transfer none) (nullable): the segmentation that was attached last, %NULL where there
 * is none
 *
 * Since: 0.1
 */
GstNaclipSegmentationMeta *gst_buffer_get_naclip_segmentation_meta(GstBuffer *buffer) {
  return gst_buffer_get_nth_naclip_segmentation_meta(buffer, 0);
}

/**
 * gst_buffer_get_nth_naclip_segmentation_meta:
 * @buffer: a frame
 * @n: which one: 0 is the one that was attached last, 1 the one before it, and so on
 *
 * Returns: (transfer none) (nullable): that segmentation, %NULL where there are no more
 *
 * Since: 0.1
 */
GstNaclipSegmentationMeta *gst_buffer_get_nth_naclip_segmentation_meta(GstBuffer *buffer, guint n) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  guint count = 0;
  gpointer state = nullptr;
  while (next_segmentation_meta(buffer, &state) != nullptr) ++count;
  if (n >= count) return nullptr;
  state = nullptr;
  while (--count > n) next_segmentation_meta(buffer, &state);
  return next_segmentation_meta(buffer, &state);
}

/**
 * gst_buffer_find_naclip_segmentation_meta:
 * @buffer: a frame
 * @source: the name of an element, see gst_naclip_segmentation_get_source()
 *
 * Returns: (transfer none) (nullable): the last segmentation that this element attached, %NULL
 * where there is none
 *
 * Since: 0.1
 */
GstNaclipSegmentationMeta *gst_buffer_find_naclip_segmentation_meta(GstBuffer *buffer,
                                                                    const gchar *source) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), nullptr);
  g_return_val_if_fail(source != nullptr, nullptr);
  GstNaclipSegmentationMeta *found = nullptr;
  gpointer state = nullptr;
  while (GstNaclipSegmentationMeta *meta = next_segmentation_meta(buffer, &state)) {
    if (g_str_equal(gst_naclip_segmentation_get_source(meta->segmentation), source)) found = meta;
  }
  return found;
}

/**
 * gst_naclip_segmentation_meta_get_segmentation:
 * @meta: a meta
 *
 * Returns: (transfer none): its segmentation
 *
 * Since: 0.1
 */
GstNaclipSegmentation *gst_naclip_segmentation_meta_get_segmentation(
    const GstNaclipSegmentationMeta *meta) {
  g_return_val_if_fail(meta != nullptr, nullptr);
  return meta->segmentation;
}

/**
 * gst_naclip_segmentation_meta_get_age:
 * @meta: a meta
 * @buffer: the frame that it is attached to
 *
 * How old the mask is: 0 for a fresh one. Elements that give frames new times, as videorate does,
 * change it. Some shift them so far that the difference says nothing any more (x264enc: by 1000
 * hours), so that a difference below 0 or above one hour is no age.
 *
 * Returns: the frame's PTS less that of the frame that was looked at; %GST_CLOCK_TIME_NONE where
 *   the age is not known
 *
 * Since: 0.1
 */
GstClockTime gst_naclip_segmentation_meta_get_age(const GstNaclipSegmentationMeta *meta,
                                                  GstBuffer *buffer) {
  g_return_val_if_fail(meta != nullptr, GST_CLOCK_TIME_NONE);
  g_return_val_if_fail(GST_IS_BUFFER(buffer), GST_CLOCK_TIME_NONE);
  constexpr GstClockTime kGreatest = 3600 * GST_SECOND;
  const GstClockTime source = gst_naclip_segmentation_get_source_pts(meta->segmentation);
  const GstClockTime now = GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(source) || !GST_CLOCK_TIME_IS_VALID(now)) return GST_CLOCK_TIME_NONE;
  return now >= source && now - source <= kGreatest ? now - source : GST_CLOCK_TIME_NONE;
}
