// What the model found, as GStreamer carries it.
#pragma once

#include <gst/video/video.h>

#include <string>

#include "elements/support/ptr.h"
#include "model/segmenter.h"

namespace naclip {

/// The metadata's segmentation of the frame with `pts`, made by the element named `source`;
/// `segmentation` must be of `vocabulary`. Its label map becomes the mask's memory, rows not
/// padded, as the metadata's contract says.
Ptr<GstNaclipSegmentation> to_metadata(Segmentation segmentation, const Vocabulary &vocabulary,
                                       const std::string &source, GstClockTime pts);

/// Puts it onto a frame, all of which the mask covers.
void attach(GstBuffer *frame, GstNaclipSegmentation *segmentation, const GstVideoInfo &info);

/// An element message for an inferred frame: `naclip-segmentation` with `pts` (guint64,
/// nanoseconds) and `regions`, a list of structures `region` {id, label, share, confidence}.
Ptr<GstStructure> segmentation_message(const GstNaclipSegmentation *segmentation);

/// An element message for the first frame under a changed vocabulary: `naclip-vocabulary` with
/// `pts` (guint64, nanoseconds; that frame's) and `labels`, a list of strings by region id.
Ptr<GstStructure> vocabulary_message(const Vocabulary &vocabulary, GstClockTime pts);

}  // namespace naclip
