// Finds the objects of each frame's masks, each mask's once.
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <vector>

#include "elements/objects/find_objects.h"
#include "elements/support/mask_reader.h"

namespace naclip {

/// The objects of masks, kept while the frames carry the same ones. Belongs to the streaming
/// thread.
class ObjectSearch {
 public:
  /// The objects of the frame's `index`th mask; stays valid until the next call. Searches the mask
  /// unless the frame before had it in the same place, with the same choice and limits.
  const FoundObjects &find(std::size_t index, const ChosenMask &mask, const ObjectLimits &limits,
                           FrameSize frame);

  /// Masks that were searched since it forgot.
  std::size_t searched() const { return searched_; }

  /// Lets go of the masks.
  void forget() { *this = {}; }

 private:
  struct Search {
    Ptr<GstBuffer> mask;  // held: its address is not another's meanwhile
    MaskRectangle rectangle;
    std::vector<bool> chosen;
    ObjectLimits limits;
    FrameSize frame;
    FoundObjects found;
  };

  std::vector<Search> last_;  // of the last frame, by mask
  std::size_t searched_ = 0;
};

}  // namespace naclip
