// Objects in the terms of GStreamer's analytics library; needs GStreamer 1.26.
#pragma once

#include <gst/gst.h>

#include <span>

#include "elements/objects/find_objects.h"
#include "elements/support/frame_mask.h"

namespace naclip {

/// Adds a GstAnalyticsODMtd for each object of a mask that `frame` carries: its type is the quark
/// of the region's label, its confidence the region's. It is related (RELATE_TO, from either end)
/// with the GstAnalyticsSegmentationMtd of that mask, where the frame has one. What the frame
/// carries otherwise stays as it is. `frame` must be writable.
void attach_detections(GstBuffer *frame, const FrameMask &mask,
                       std::span<const FrameObject> objects);

}  // namespace naclip
