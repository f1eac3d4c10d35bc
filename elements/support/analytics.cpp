#include "elements/support/analytics.h"

#include <gst/naclip/naclipmeta.h>

#include "model/error.h"

// All that depends on GStreamer 1.26's GstAnalyticsSegmentationMtd is in this file.
#ifdef NACLIP_HAVE_ANALYTICS

#include <gst/analytics/analytics.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace naclip {
namespace {

/// The classification whose entries stand for the segmentation's regions, if there is one.
std::optional<GstAnalyticsClsMtd> classification_of(
    const GstAnalyticsSegmentationMtd &segmentation) {
  gpointer state = nullptr;
  GstAnalyticsMtd related{};
  if (!gst_analytics_relation_meta_get_direct_related(
          segmentation.meta, segmentation.id, GST_ANALYTICS_REL_TYPE_N_TO_N,
          gst_analytics_cls_mtd_get_mtd_type(), &state, &related)) {
    return std::nullopt;
  }
  return related;
}

/// Names the regions. N_TO_N relates by position; a classification with more entries than there are
/// regions can only be meant as a list of labels by id.
void name_regions(const GstAnalyticsSegmentationMtd &segmentation, FrameMask &mask) {
  const std::size_t largest_id = mask.bytes_per_label() == 2 ? 65535 : 255;
  const std::optional<GstAnalyticsClsMtd> classes = classification_of(segmentation);
  const gsize n_labels = classes ? gst_analytics_cls_mtd_get_length(&*classes) : 0;
  const gsize count = gst_analytics_segmentation_mtd_get_region_count(&segmentation);
  for (gsize index = 0; index < count; ++index) {
    const std::size_t id = gst_analytics_segmentation_mtd_get_region_id(&segmentation, index);
    if (id > largest_id) continue;
    while (mask.regions.size() <= id) mask.regions.push_back(unnamed_region(mask.regions.size()));
    const gsize label = n_labels > count ? id : index;
    if (label >= n_labels) continue;
    const gchar *text = g_quark_to_string(gst_analytics_cls_mtd_get_quark(&*classes, label));
    if (text != nullptr && *text != '\0') mask.regions[id].label = text;
    // Below 0 stands for "not known".
    mask.regions[id].confidence = std::max(gst_analytics_cls_mtd_get_level(&*classes, label), 0.0F);
  }
}

}  // namespace

AnalyticsTerms::AnalyticsTerms(const GstNaclipSegmentation *segmentation) {
  const guint count = gst_naclip_segmentation_get_n_regions(segmentation);
  ids_.resize(count);
  std::iota(ids_.begin(), ids_.end(), 0U);
  for (guint id = 0; id < count; ++id) {
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation, id);
    levels_.push_back(static_cast<gfloat>(region->confidence));
    labels_.push_back(g_quark_from_string(region->label));
  }
}

void AnalyticsTerms::attach(GstBuffer *frame) {
  const GstNaclipSegmentationMeta *own = gst_buffer_get_naclip_segmentation_meta(frame);
  if (own == nullptr) return;
  const auto count = static_cast<guint>(ids_.size());
  GstBuffer *buffer = gst_naclip_segmentation_get_mask(own->segmentation);
  GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(frame);
  if (relations == nullptr) relations = gst_buffer_add_analytics_relation_meta(frame);
  GstAnalyticsSegmentationMtd mask{};
  GstAnalyticsClsMtd classes{};
  const bool added = gst_analytics_relation_meta_add_segmentation_mtd(
                         relations, ref(buffer).release(), GST_SEGMENTATION_TYPE_SEMANTIC, count,
                         ids_.data(), own->x, own->y, own->width, own->height, &mask) &&
                     gst_analytics_relation_meta_add_cls_mtd(relations, count, levels_.data(),
                                                             labels_.data(), &classes) &&
                     // In-tree consumers look the relation up from either end.
                     gst_analytics_relation_meta_set_relation(
                         relations, GST_ANALYTICS_REL_TYPE_N_TO_N, mask.id, classes.id) &&
                     gst_analytics_relation_meta_set_relation(
                         relations, GST_ANALYTICS_REL_TYPE_N_TO_N, classes.id, mask.id);
  if (!added) GST_WARNING("the analytics metadata could not be attached");
}

std::vector<FrameMask> read_analytics(GstBuffer *frame) {
  std::vector<FrameMask> masks;
  GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(frame);
  if (relations == nullptr) return masks;
  gpointer state = nullptr;
  GstAnalyticsMtd segmentation{};
  while (gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_segmentation_mtd_get_mtd_type(), &segmentation)) {
    gint x = 0, y = 0;
    guint width = 0, height = 0;
    const Ptr<GstBuffer> buffer(
        gst_analytics_segmentation_mtd_get_mask(&segmentation, &x, &y, &width, &height));
    // What naclipsegment says it says in its own metadata; where that was dropped this is not true.
    if (buffer == nullptr || gst_buffer_is_naclip_mask(buffer.get())) continue;
    try {
      FrameMask mask(buffer.get(), {x, y, static_cast<int>(width), static_cast<int>(height)});
      name_regions(segmentation, mask);
      mask.count_shares();
      masks.push_back(std::move(mask));
    } catch (const Error &error) {
      if (error.kind() != ErrorKind::kFormat) throw;
      GST_WARNING("a segmentation of another element is left out: %s", error.detail().c_str());
    }
  }
  return masks;
}

}  // namespace naclip

#else  // before 1.26

namespace naclip {

AnalyticsTerms::AnalyticsTerms(const GstNaclipSegmentation *) {}

void AnalyticsTerms::attach(GstBuffer *) {}

std::vector<FrameMask> read_analytics(GstBuffer *) {
  return {};
}

}  // namespace naclip

#endif
