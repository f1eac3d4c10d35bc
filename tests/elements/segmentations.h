// What tests read off a frame's segmentation and off naclipsegment.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "elements/support/ptr.h"

namespace naclip::testing {

/// Region by region.
inline std::vector<std::string> labels_of(const GstNaclipSegmentation *segmentation) {
  std::vector<std::string> labels;
  for (guint id = 0; id < gst_naclip_segmentation_get_n_regions(segmentation); ++id)
    labels.emplace_back(gst_naclip_segmentation_get_region(segmentation, id)->label);
  return labels;
}

inline std::vector<std::uint8_t> mask_bytes(const GstNaclipSegmentation *segmentation) {
  GstBuffer *mask = gst_naclip_segmentation_get_mask(segmentation);
  std::vector<std::uint8_t> bytes(gst_buffer_get_size(mask));
  gst_buffer_extract(mask, 0, bytes.data(), bytes.size());
  return bytes;
}

/// The element's property `stats`.
inline Ptr<GstStructure> statistics_of(GstElement *element) {
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  return Ptr<GstStructure>(stats);
}

inline guint64 statistic_of(GstElement *element, const char *field) {
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(statistics_of(element).get(), field, &value)) << field;
  return value;
}

}  // namespace naclip::testing
