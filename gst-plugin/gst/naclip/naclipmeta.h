/* The metadata that naclipsegment attaches to every frame: a mask, and what its values stand for.
 *
 * This file is C and needs GStreamer alone. Link with the pkg-config module gstreamer-naclip-1.0.
 */
#ifndef GST_NACLIP_META_H
#define GST_NACLIP_META_H

#include <gst/gst.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

#ifndef GST_NACLIP_API
#define GST_NACLIP_API __attribute__((visibility("default")))
#endif

typedef struct _GstNaclipRegion GstNaclipRegion;

/**
 * GstNaclipRegion:
 * @label: (type utf8): the class's label, UTF-8
 * @colour: its colour, 0xRRGGBB
 * @share: part of the mask's pixels that carry this value, 0 to 1
 * @confidence: mean probability of the label over those pixels, 0 to 1; 0 where there are none
 *
 * What one pixel value of the mask stands for: the pixels of value i belong to region i. Region 0
 * is nothing, or the class labelled `background`. A region of a segmentation lives as long as that
 * does; gst_naclip_region_copy() makes one that may be kept.
 *
 * Since: 0.1
 */
struct _GstNaclipRegion {
  const gchar *label;
  guint32 colour;
  gdouble share;
  gdouble confidence;
};

#define GST_TYPE_NACLIP_REGION (gst_naclip_region_get_type())

GST_NACLIP_API
GType gst_naclip_region_get_type(void);

GST_NACLIP_API
GstNaclipRegion *gst_naclip_region_new(const gchar *label, guint32 colour, gdouble share,
                                       gdouble confidence);

GST_NACLIP_API
GstNaclipRegion *gst_naclip_region_copy(const GstNaclipRegion *self);

GST_NACLIP_API
void gst_naclip_region_free(GstNaclipRegion *self);

/**
 * GstNaclipSegmentation:
 *
 * The outcome of one inference: a mask and its regions. It is immutable and reference-counted, and
 * several frames may share one. The mask is GRAY8, or GRAY16_LE above 256 regions; its rows are not
 * padded.
 *
 * Since: 0.1
 */
typedef struct _GstNaclipSegmentation GstNaclipSegmentation;

#define GST_TYPE_NACLIP_SEGMENTATION (gst_naclip_segmentation_get_type())

GST_NACLIP_API
GType gst_naclip_segmentation_get_type(void);

GST_NACLIP_API
GstNaclipSegmentation *gst_naclip_segmentation_new(GstBuffer *mask, const GstNaclipRegion *regions,
                                                   guint n_regions, const gchar *source,
                                                   GstClockTime source_pts);

GST_NACLIP_API
GstNaclipSegmentation *gst_naclip_segmentation_ref(GstNaclipSegmentation *self);

GST_NACLIP_API
void gst_naclip_segmentation_unref(GstNaclipSegmentation *self);

GST_NACLIP_API
GstBuffer *gst_naclip_segmentation_get_mask(const GstNaclipSegmentation *self);

GST_NACLIP_API
GstVideoFormat gst_naclip_segmentation_get_format(const GstNaclipSegmentation *self);

GST_NACLIP_API
guint gst_naclip_segmentation_get_width(const GstNaclipSegmentation *self);

GST_NACLIP_API
guint gst_naclip_segmentation_get_height(const GstNaclipSegmentation *self);

GST_NACLIP_API
guint gst_naclip_segmentation_get_n_regions(const GstNaclipSegmentation *self);

GST_NACLIP_API
const GstNaclipRegion *gst_naclip_segmentation_get_region(const GstNaclipSegmentation *self,
                                                          guint id);

GST_NACLIP_API
gint gst_naclip_segmentation_find_region(const GstNaclipSegmentation *self, const gchar *label);

GST_NACLIP_API
const gchar *gst_naclip_segmentation_get_source(const GstNaclipSegmentation *self);

GST_NACLIP_API
GstClockTime gst_naclip_segmentation_get_source_pts(const GstNaclipSegmentation *self);

GST_NACLIP_API
gboolean gst_buffer_is_naclip_mask(GstBuffer *buffer);

typedef struct _GstNaclipSegmentationMeta GstNaclipSegmentationMeta;

/**
 * GstNaclipSegmentationMeta:
 * @segmentation: the outcome, owned by the meta
 * @x: left edge of the rectangle that the mask covers, in pixels of the frame; may be negative
 * @y: top edge of that rectangle; may be negative
 * @width: width of that rectangle
 * @height: height of that rectangle
 *
 * Attached to a frame. The rectangle follows scaling; where an element has cropped the frame it
 * reaches beyond the frame's edges. A transformation that it cannot follow, such as a rotation,
 * drops the meta. Language bindings hold a copy, which stays as it was when the frame is gone.
 *
 * Since: 0.1
 */
struct _GstNaclipSegmentationMeta {
  /*< private >*/
  GstMeta meta;
  /*< public >*/
  GstNaclipSegmentation *segmentation;
  gint x, y;
  guint width, height;
};

#define GST_TYPE_NACLIP_SEGMENTATION_META (gst_naclip_segmentation_meta_get_type())
#define GST_NACLIP_SEGMENTATION_META_API_TYPE (gst_naclip_segmentation_meta_api_get_type())
#define GST_NACLIP_SEGMENTATION_META_INFO (gst_naclip_segmentation_meta_get_info())

GST_NACLIP_API
GType gst_naclip_segmentation_meta_get_type(void);

GST_NACLIP_API
GType gst_naclip_segmentation_meta_api_get_type(void);

GST_NACLIP_API
const GstMetaInfo *gst_naclip_segmentation_meta_get_info(void);

GST_NACLIP_API
GstNaclipSegmentationMeta *gst_buffer_add_naclip_segmentation_meta(
    GstBuffer *buffer, GstNaclipSegmentation *segmentation, gint x, gint y, guint width,
    guint height);

GST_NACLIP_API
GstNaclipSegmentationMeta *gst_buffer_get_naclip_segmentation_meta(GstBuffer *buffer);

GST_NACLIP_API
GstNaclipSegmentationMeta *gst_buffer_get_nth_naclip_segmentation_meta(GstBuffer *buffer, guint n);

GST_NACLIP_API
GstNaclipSegmentationMeta *gst_buffer_find_naclip_segmentation_meta(GstBuffer *buffer,
                                                                    const gchar *source);

GST_NACLIP_API
GstNaclipSegmentation *gst_naclip_segmentation_meta_get_segmentation(
    const GstNaclipSegmentationMeta *meta);

GST_NACLIP_API
GstClockTime gst_naclip_segmentation_meta_get_age(const GstNaclipSegmentationMeta *meta,
                                                  GstBuffer *buffer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstNaclipRegion, gst_naclip_region_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GstNaclipSegmentation, gst_naclip_segmentation_unref)

G_END_DECLS

#endif /* GST_NACLIP_META_H */
