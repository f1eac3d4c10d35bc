// Carries a mask from the frame that it was computed on to a later one, along dense optical flow.
// Needs no libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/motion/flow.h"
#include "model/segmentation.h"

namespace naclip {

/// One stream's carrier. Used by one thread at a time; computes on the caller's thread alone.
class MaskCarrier {
 public:
  /// The mask of the frame `source`, each label moved to where its pixel is in the frame `now`;
  /// what comes from beyond the edge takes the edge's label. Writes [height, width] labels of the
  /// mask's size and type to `carried`, which must not be the mask's own memory. False, and
  /// `carried` is left alone, where there is nothing to carry: `now` shows another scene, or the
  /// two pictures' shapes differ. Cheapest where, call after call, `source` stays and `now`
  /// advances by a frame. Throws Error{kSettings} for an empty picture or mask, Error{kInference}
  /// where OpenCV fails.
  bool carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
             std::vector<std::uint8_t> &carried);

  /// Forgets the last flow: after a flush.
  void reset() { search_.reset(); }

 private:
  FlowSearch search_;
};

}  // namespace naclip
