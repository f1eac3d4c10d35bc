#include "naclipmeta.h"

#include <algorithm>
#include <string>
#include <vector>

struct _GstNaclipSegmentation {
  gatomicrefcount references;
  GstBuffer *mask;
  GstVideoFormat format;
  guint width;
  guint height;
  std::vector<std::string> labels;  // what the regions' labels point to
  std::vector<GstNaclipRegion> regions;
  std::string source;
  GstClockTime source_pts;
};

/// A mask that every consumer can read, also those that know nothing of strides.
static gboolean is_dense_mask(GstBuffer *mask) {
  const GstVideoMeta *meta = gst_buffer_get_video_meta(mask);
  if (meta == nullptr) return FALSE;
  if (meta->format != GST_VIDEO_FORMAT_GRAY8 && meta->format != GST_VIDEO_FORMAT_GRAY16_LE) {
    return FALSE;
  }
  const gsize row =
      static_cast<gsize>(meta->width) * (meta->format == GST_VIDEO_FORMAT_GRAY16_LE ? 2 : 1);
  return meta->width > 0 && meta->height > 0 && static_cast<gsize>(meta->stride[0]) == row &&
         meta->offset[0] + row * meta->height <= gst_buffer_get_size(mask);
}

static GQuark mask_mark() {
  static const GQuark quark = g_quark_from_static_string("gst-naclip-mask");
  return quark;
}

G_DEFINE_BOXED_TYPE(GstNaclipRegion, gst_naclip_region, gst_naclip_region_copy,
                    gst_naclip_region_free)

G_DEFINE_BOXED_TYPE(GstNaclipSegmentation, gst_naclip_segmentation, gst_naclip_segmentation_ref,
                    gst_naclip_segmentation_unref)

/**
 * gst_naclip_region_new: (constructor)
 * @label: the class's label, UTF-8; copied
 * @colour: its colour, 0xRRGGBB
 * @share: part of the mask's pixels, 0 to 1
 * @confidence: mean probability of the label over those pixels, 0 to 1
 *
 * Returns: (transfer full): a new region, to be given up with gst_naclip_region_free()
 *
 * Since: 0.1
 */
GstNaclipRegion *gst_naclip_region_new(const gchar *label, guint32 colour, gdouble share,
                                       gdouble confidence) {
  g_return_val_if_fail(label != nullptr, nullptr);
  auto *self = g_new(GstNaclipRegion, 1);
  *self = {g_strdup(label), colour, share, confidence};
  return self;
}

/**
 * gst_naclip_region_copy:
 * @self: a region
 *
 * Copies a region, label included, so that it may be kept when its segmentation is gone.
 *
 * Returns: (transfer full): the copy, to be given up with gst_naclip_region_free()
 *
 * Since: 0.1
 */
GstNaclipRegion *gst_naclip_region_copy(const GstNaclipRegion *self) {
  g_return_val_if_fail(self != nullptr, nullptr);
  return gst_naclip_region_new(self->label, self->colour, self->share, self->confidence);
}

/**
 * gst_naclip_region_free:
 * @self: (transfer full): a region from gst_naclip_region_new() or gst_naclip_region_copy()
 *
 * Since: 0.1
 */
void gst_naclip_region_free(GstNaclipRegion *self) {
  g_return_if_fail(self != nullptr);
  g_free(const_cast<gchar *>(self->label));
  g_free(self);
}

/**
 * gst_naclip_segmentation_new: (constructor)
 * @mask: (transfer none): the mask: GRAY8 or GRAY16_LE with a #GstVideoMeta whose stride is its
 * width in bytes. A reference is kept; it must not be written any more.
 * @regions: (array length=n_regions): what the mask's values stand for, by value; copied
 * @n_regions: how many, at least 1
 * @source: (nullable): the name of the element that made it
 * @source_pts: the PTS of the frame that was looked at, or %GST_CLOCK_TIME_NONE
 *
 * Returns: (transfer full) (nullable): a new segmentation; %NULL with a critical warning where
 * @mask is not such a mask
 *
 * Since: 0.1
 */
GstNaclipSegmentation *gst_naclip_segmentation_new(GstBuffer *mask, const GstNaclipRegion *regions,
                                                   guint n_regions, const gchar *source,
                                                   GstClockTime source_pts) {
  g_return_val_if_fail(GST_IS_BUFFER(mask), nullptr);
  g_return_val_if_fail(is_dense_mask(mask), nullptr);
  g_return_val_if_fail(regions != nullptr && n_regions > 0, nullptr);
  g_return_val_if_fail(std::all_of(regions, regions + n_regions,
                                   [](const auto &region) { return region.label != nullptr; }),
                       nullptr);

  const GstVideoMeta *meta = gst_buffer_get_video_meta(mask);
  auto *self = new GstNaclipSegmentation{
      .references = 0,
      .mask = gst_buffer_ref(mask),
      .format = meta->format,
      .width = meta->width,
      .height = meta->height,
      .labels = {},
      .regions = {regions, regions + n_regions},
      .source = source != nullptr ? source : "",
      .source_pts = source_pts,
  };
  g_atomic_ref_count_init(&self->references);
  // The buffer may also be handed on as GstAnalytics metadata, whose readers are to know it again.
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(mask), mask_mark(), GINT_TO_POINTER(TRUE),
                            nullptr);
  self->labels.reserve(n_regions);
  for (GstNaclipRegion &region : self->regions) {
    region.label = self->labels.emplace_back(region.label).c_str();
  }
  return self;
}

/**
 * gst_naclip_segmentation_ref:
 * @self: a segmentation
 *
 * Returns: (transfer full): @self with one reference more
 *
 * Since: 0.1
 */
GstNaclipSegmentation *gst_naclip_segmentation_ref(GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, nullptr);
  g_atomic_ref_count_inc(&self->references);
  return self;
}

/**
 * gst_naclip_segmentation_unref:
 * @self: (transfer full): a segmentation
 *
 * Gives up one reference.
 *
 * Since: 0.1
 */
void gst_naclip_segmentation_unref(GstNaclipSegmentation *self) {
  g_return_if_fail(self != nullptr);
  if (!g_atomic_ref_count_dec(&self->references)) return;
  gst_buffer_unref(self->mask);
  delete self;
}

/**
 * gst_naclip_segmentation_get_mask:
 * @self: a segmentation
 *
 * Returns: (transfer none): the mask, one value of @self's format per pixel, rows not padded. Read
 * it only.
 *
 * Since: 0.1
 */
GstBuffer *gst_naclip_segmentation_get_mask(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, nullptr);
  return self->mask;
}

/**
 * gst_naclip_segmentation_get_format:
 * @self: a segmentation
 *
 * Returns: %GST_VIDEO_FORMAT_GRAY8 or %GST_VIDEO_FORMAT_GRAY16_LE
 *
 * Since: 0.1
 */
GstVideoFormat gst_naclip_segmentation_get_format(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, GST_VIDEO_FORMAT_UNKNOWN);
  return self->format;
}

/**
 * gst_naclip_segmentation_get_width:
 * @self: a segmentation
 *
 * Returns: the mask's width in pixels, which need not be the frame's
 *
 * Since: 0.1
 */
guint gst_naclip_segmentation_get_width(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, 0);
  return self->width;
}

/**
 * gst_naclip_segmentation_get_height:
 * @self: a segmentation
 *
 * Returns: the mask's height in pixels, which need not be the frame's
 *
 * Since: 0.1
 */
guint gst_naclip_segmentation_get_height(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, 0);
  return self->height;
}

/**
 * gst_naclip_segmentation_get_n_regions:
 * @self: a segmentation
 *
 * Returns: how many regions there are, region 0 included
 *
 * Since: 0.1
 */
guint gst_naclip_segmentation_get_n_regions(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, 0);
  return static_cast<guint>(self->regions.size());
}

/**
 * gst_naclip_segmentation_get_region:
 * @self: a segmentation
 * @id: a pixel value of the mask
 *
 * Returns: (transfer none) (nullable): what it stands for, as long as @self lives; %NULL for a
 * value that stands for nothing
 *
 * Since: 0.1
 */
const GstNaclipRegion *gst_naclip_segmentation_get_region(const GstNaclipSegmentation *self,
                                                          guint id) {
  g_return_val_if_fail(self != nullptr, nullptr);
  return id < self->regions.size() ? &self->regions[id] : nullptr;
}

/**
 * gst_naclip_segmentation_find_region:
 * @self: a segmentation
 * @label: a class's label, UTF-8
 *
 * Returns: the id of the region so labelled, -1 where there is none
 *
 * Since: 0.1
 */
gint gst_naclip_segmentation_find_region(const GstNaclipSegmentation *self, const gchar *label) {
  g_return_val_if_fail(self != nullptr, -1);
  g_return_val_if_fail(label != nullptr, -1);
  const auto found = std::find(self->labels.begin(), self->labels.end(), label);
  return found == self->labels.end() ? -1 : static_cast<gint>(found - self->labels.begin());
}

/**
 * gst_naclip_segmentation_get_source:
 * @self: a segmentation
 *
 * Returns: (transfer none): the name of the element that made it, such as `naclipsegment0`; empty
 * where it did not say
 *
 * Since: 0.1
 */
const gchar *gst_naclip_segmentation_get_source(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, nullptr);
  return self->source.c_str();
}

/**
 * gst_naclip_segmentation_get_source_pts:
 * @self: a segmentation
 *
 * Returns: the PTS of the frame that the mask was computed from, or %GST_CLOCK_TIME_NONE
 *
 * Since: 0.1
 */
GstClockTime gst_naclip_segmentation_get_source_pts(const GstNaclipSegmentation *self) {
  g_return_val_if_fail(self != nullptr, GST_CLOCK_TIME_NONE);
  return self->source_pts;
}

/**
 * gst_buffer_is_naclip_mask:
 * @buffer: a buffer
 *
 * Tells a reader of GstAnalytics metadata that a mask there is also told by a
 * #GstNaclipSegmentationMeta, which is the better source: analytics metadata follows fewer
 * transformations truly.
 *
 * Returns: whether @buffer is the mask of a #GstNaclipSegmentation made in this process
 *
 * Since: 0.1
 */
gboolean gst_buffer_is_naclip_mask(GstBuffer *buffer) {
  g_return_val_if_fail(GST_IS_BUFFER(buffer), FALSE);
  return gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), mask_mark()) != nullptr;
}
