// What every filter of raw video does alike around its work.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <string>
#include <vector>

#include "model/pixel_format.h"

namespace naclip {

/// GStreamer's names of the formats that `takes` is true for, in the order of preference.
std::vector<const char *> formats_where(bool (*takes)(const PixelLayout &));

/// Where frames of a pad may lie.
enum class FrameMemory { kSystem, kSystemOrCuda };

/// Gives the class an always pad of raw video in these formats.
void add_video_pad(GstElementClass *klass, GstPadDirection direction,
                   const std::vector<const char *> &formats, FrameMemory memory);

/// Gives the class an always pad of raw video in any format and memory, for what never maps frames.
void add_any_video_pad(GstElementClass *klass, GstPadDirection direction);

/// The transform works in place and leaves no frame out: a recording must not lose one because the
/// one before came late.
void keep_every_frame(GstBaseTransform *base);

/// Reads negotiated caps; posts a CORE / NEGOTIATION error and returns false where they are no raw
/// video's.
bool read_video_info(GstElement *self, GstCaps *caps, GstVideoInfo &info);

/// The body of propose_allocation: what the parent class answers, and that padded rows are welcome.
gboolean propose_video_meta(gpointer parent_class, GstBaseTransform *base, GstQuery *decide_query,
                            GstQuery *query);

/// The stream's segment. An element that starts forgets its own in another thread, while a frame may
/// be here already: two looks at it may differ.
GstSegment copy_segment(GstBaseTransform *base);

/// Brings controlled properties (GstController) to the buffer's stream time; the body of
/// before_transform.
void sync_controlled_properties(GstBaseTransform *base, GstBuffer *buffer);

}  // namespace naclip
