#include "elements/objects/detections.h"

#include <gst/analytics/analytics.h>

#include <optional>

namespace naclip {
namespace {

/// The id of the segmentation over this mask.
std::optional<guint> segmentation_over(GstAnalyticsRelationMeta *relations, const GstBuffer *mask) {
  gpointer state = nullptr;
  GstAnalyticsMtd segmentation{};
  while (gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_segmentation_mtd_get_mtd_type(), &segmentation)) {
    const Ptr<GstBuffer> buffer(
        gst_analytics_segmentation_mtd_get_mask(&segmentation, nullptr, nullptr, nullptr, nullptr));
    if (buffer.get() == mask) return segmentation.id;
  }
  return std::nullopt;
}

bool relate(GstAnalyticsRelationMeta *relations, guint one, guint other) {
  return gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, one,
                                                  other) &&
         gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO,
                                                  other, one);
}

}  // namespace

void attach_detections(GstBuffer *frame, const FrameMask &mask,
                       std::span<const FrameObject> objects) {
  if (objects.empty()) return;
  GstAnalyticsRelationMeta *relations = gst_buffer_get_analytics_relation_meta(frame);
  if (relations == nullptr) relations = gst_buffer_add_analytics_relation_meta(frame);
  const std::optional<guint> segmentation = segmentation_over(relations, mask.identity());
  for (const auto &[region, box] : objects) {
    const MaskRegion &of = mask.regions[region];
    GstAnalyticsODMtd detection{};
    const bool added = gst_analytics_relation_meta_add_od_mtd(
                           relations, g_quark_from_string(of.label.c_str()), box.x, box.y,
                           box.width, box.height, static_cast<gfloat>(of.confidence), &detection) &&
                       (!segmentation || relate(relations, detection.id, *segmentation));
    if (!added) GST_WARNING("an object could not be attached");
  }
}

}  // namespace naclip
