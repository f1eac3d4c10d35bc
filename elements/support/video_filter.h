// What every filter of raw video does alike around its work.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

namespace naclip {

/// Reads negotiated caps; posts a CORE / NEGOTIATION error and returns false where they are no raw video's.
bool read_video_info(GstElement *self, GstCaps *caps, GstVideoInfo &info);

/// The body of propose_allocation: what the parent class answers, and that padded rows are welcome.
gboolean propose_video_meta(gpointer parent_class, GstBaseTransform *base, GstQuery *decide_query,
                            GstQuery *query);

/// Brings controlled properties (GstController) to the buffer's stream time; the body of before_transform.
void sync_controlled_properties(GstBaseTransform *base, GstBuffer *buffer);

}  // namespace naclip
