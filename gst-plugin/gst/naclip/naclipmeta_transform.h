// Where a mask's rectangle lies after the frame under it has been transformed. Private.
#pragma once

#include <gst/video/video.h>

#include <optional>

namespace naclip {

/// A rectangle in pixels of a frame.
struct MetaRectangle {
  gint x, y;
  guint width, height;
};

/// The rectangle after the transform that `type` and `data` describe, as in
/// GstMetaTransformFunction; none for one that cannot be followed.
std::optional<MetaRectangle> transformed(const MetaRectangle &rectangle, GQuark type,
                                         gpointer data);

}  // namespace naclip
