// A frame's objects: the parts of its mask's regions, in the frame's pixels.
#pragma once

#include <cstddef>
#include <vector>

#include "elements/objects/parts.h"
#include "elements/support/frame_mask.h"

namespace naclip {

struct FrameSize {
  int width = 0;   ///< pixels, >= 1
  int height = 0;  ///< pixels, >= 1

  bool operator==(const FrameSize &) const = default;
};

/// Which parts are objects.
struct ObjectLimits {
  double min_area = 0;  ///< part of the frame, 0 to 1
  int max_objects = 1;  ///< >= 1
  int gap = 0;          ///< pixels of a frame of 720 lines, >= 0

  bool operator==(const ObjectLimits &) const = default;
};

struct FrameObject {
  std::size_t region;
  MaskRectangle box;  ///< around every pixel that the object touches; within the frame
};

/// What was found in one mask.
struct FoundObjects {
  std::vector<FrameObject> objects;  ///< the largest first
  std::size_t surplus = 0;           ///< those smaller than the last that max_objects allows
};

/// The objects of the chosen regions of a mask that lies over `rectangle` of the frame. What lies
/// outside the frame is no part of them.
FoundObjects find_objects(const LabelView &mask, const MaskRectangle &rectangle,
                          const std::vector<bool> &chosen, const ObjectLimits &limits,
                          FrameSize frame);

}  // namespace naclip
