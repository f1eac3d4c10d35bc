// Our metadata in the terms of GStreamer's analytics library, from GStreamer 1.26 on.
#pragma once

#include <gst/gst.h>

#include <vector>

#include "elements/support/frame_mask.h"

namespace naclip {

/// What a segmentation says, in the analytics library's terms: made once, attached to any number of
/// frames. Says nothing before 1.26.
class AnalyticsTerms {
 public:
  AnalyticsTerms() = default;
  explicit AnalyticsTerms(const GstNaclipSegmentation *segmentation);

  /// Says again what the frame's latest GstNaclipSegmentationMeta says, which must be over the same
  /// segmentation: a GstAnalyticsSegmentationMtd (semantic; region ids are the mask's pixel values
  /// 0 to n - 1) related N_TO_N with a GstAnalyticsClsMtd whose index i holds region i's label and
  /// confidence. `frame` must be writable. Does nothing on a frame without that metadata.
  void attach(GstBuffer *frame);

 private:
  std::vector<guint> ids_;
  std::vector<gfloat> levels_;
  std::vector<GQuark> labels_;
};

/// The segmentations of the frame's GstAnalyticsRelationMeta, but those of our own
/// making, those that cover nothing and those whose mask is no picture of region ids. Labels are
/// those of the related classification; shares are counted. None before 1.26.
std::vector<FrameMask> read_analytics(GstBuffer *frame);

}  // namespace naclip
