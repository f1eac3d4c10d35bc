// Where in a region its name is written.
#pragma once

#include <functional>
#include <vector>

#include "elements/overlay/regions.h"

namespace naclip {

/// The size of the box that holds a region's name, pixels of the frame.
struct LabelBox {
  int width, height;
};

/// A rectangle of the frame, pixels.
struct FrameArea {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const FrameArea &) const = default;
};

/// A point inside a region, and the box around it.
struct LabelAnchor {
  std::size_t label;  ///< the region's pixel value
  double x, y;        ///< pixels of the frame
  FrameArea box;      ///< moved into the frame where it would reach beyond
};

/// The frame that names are written on, and what stands on it already.
struct LabelRoom {
  int width, height;             ///< pixels
  std::vector<FrameArea> taken;  ///< no name is written here
};

/// One point for each connected part of a drawn region that takes at least `least_share` of the
/// mask: where its name's box lies inside it as far from its border as can be; where the box fits
/// nowhere, the point that is farthest from the border. The largest part comes first, and each box
/// is added to what is taken; parts that have no room left are without a name. The pixel of the
/// mask at a point always has the label. `box` is asked once for each region that is large enough.
std::vector<LabelAnchor> find_anchors(const OverlayMask &mask, double least_share, LabelRoom &room,
                                      const std::function<LabelBox(std::size_t)> &box);

}  // namespace naclip
