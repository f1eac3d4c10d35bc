#include "elements/segment/metadata.h"

#include <utility>
#include <vector>

namespace naclip {

namespace {

/// The label map as a video buffer, its memory taken over; rows are not padded, as the metadata's
/// contract says.
Ptr<GstBuffer> mask_buffer(Segmentation segmentation) {
  auto *labels = new std::vector<std::uint8_t>(std::move(segmentation.labels));
  Ptr<GstBuffer> buffer(gst_buffer_new_wrapped_full(
      GST_MEMORY_FLAG_READONLY, labels->data(), labels->size(), 0, labels->size(), labels,
      [](gpointer data) { delete static_cast<std::vector<std::uint8_t> *>(data); }));
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {segmentation.width * segmentation.bytes_per_label};
  gst_buffer_add_video_meta_full(
      buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
      segmentation.bytes_per_label == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE,
      static_cast<guint>(segmentation.width), static_cast<guint>(segmentation.height), 1, offset,
      stride);
  return buffer;
}

}  // namespace

Ptr<GstNaclipSegmentation> to_metadata(Segmentation segmentation, const Vocabulary &vocabulary,
                                       const std::string &source, GstClockTime pts) {
  std::vector<GstNaclipRegion> regions;
  for (std::size_t id = 0; id < segmentation.regions.size(); ++id) {
    const Region &region = vocabulary.regions()[id];
    regions.push_back({region.label.c_str(), region.colour, segmentation.regions[id].share,
                       segmentation.regions[id].confidence});
  }
  const Ptr<GstBuffer> mask = mask_buffer(std::move(segmentation));
  return Ptr<GstNaclipSegmentation>(gst_naclip_segmentation_new(
      mask.get(), regions.data(), static_cast<guint>(regions.size()), source.c_str(), pts));
}

void attach(GstBuffer *frame, GstNaclipSegmentation *segmentation, const GstVideoInfo &info) {
  gst_buffer_add_naclip_segmentation_meta(frame, segmentation, 0, 0,
                                          static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)),
                                          static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)));
}

Ptr<GstStructure> segmentation_message(const GstNaclipSegmentation *segmentation) {
  GValue regions = G_VALUE_INIT;
  g_value_init(&regions, GST_TYPE_LIST);
  for (guint id = 0; id < gst_naclip_segmentation_get_n_regions(segmentation); ++id) {
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation, id);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value,
                       gst_structure_new("region", "id", G_TYPE_UINT, id, "label", G_TYPE_STRING,
                                         region->label, "share", G_TYPE_DOUBLE, region->share,
                                         "confidence", G_TYPE_DOUBLE, region->confidence, nullptr));
    gst_value_list_append_and_take_value(&regions, &value);
  }
  Ptr<GstStructure> message(gst_structure_new("naclip-segmentation", "pts", G_TYPE_UINT64,
                                              gst_naclip_segmentation_get_source_pts(segmentation),
                                              nullptr));
  gst_structure_take_value(message.get(), "regions", &regions);
  return message;
}

Ptr<GstStructure> vocabulary_message(const Vocabulary &vocabulary, GstClockTime pts) {
  GValue labels = G_VALUE_INIT;
  g_value_init(&labels, GST_TYPE_LIST);
  for (const Region &region : vocabulary.regions()) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_string(&value, region.label.c_str());
    gst_value_list_append_and_take_value(&labels, &value);
  }
  Ptr<GstStructure> message(
      gst_structure_new("naclip-vocabulary", "pts", G_TYPE_UINT64, pts, nullptr));
  gst_structure_take_value(message.get(), "labels", &labels);
  return message;
}

}  // namespace naclip
