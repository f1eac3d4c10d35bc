// Which corner of a frame a legend gets where several overlays draw on it.
#pragma once

#include <gst/gst.h>

#include "elements/overlay/renderer.h"

namespace naclip {

/// `wanted` where no overlay before has taken that corner of the frame, else the next free one in
/// LegendPlace's order; `wanted` again where none is free. The frame, which must be writable,
/// remembers what was taken, also through scaling and conversion; that a frame was mirrored is not
/// followed. kNone takes nothing.
LegendPlace take_legend_place(GstBuffer *frame, LegendPlace wanted);

}  // namespace naclip
