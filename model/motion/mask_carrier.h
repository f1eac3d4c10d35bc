// Carries a mask from the frame that it was computed on to a later one, along dense optical flow.
// Needs no libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/motion/flow.h"

namespace naclip {

/// A borrowed label map that covers its whole frame.
struct MaskView {
  int width = 0;                         ///< >= 1
  int height = 0;                        ///< >= 1
  int bytes_per_label = 1;               ///< 1, or 2 (little endian)
  const std::uint8_t *labels = nullptr;  ///< [height, width], rows not padded
};

/// One stream's carrier. Used by one thread at a time; computes on the caller's thread alone.
class MaskCarrier {
 public:
  /// The mask of the frame `source`, each label moved to where its pixel is in the frame `now`; what
  /// comes from beyond the edge takes the edge's label. Writes [height, width] labels of the mask's
  /// size and type to `carried`, which must not be the mask's own memory. False, and `carried` is
  /// left alone, where there is nothing to carry: `now` shows another scene, or the two pictures'
  /// shapes differ. Cheapest where, call after call, `source` stays and `now` advances by a frame.
  /// Throws Error{kSettings} for an empty picture or mask, Error{kInference} where OpenCV fails.
  bool carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
             std::vector<std::uint8_t> &carried);

  /// Forgets the last flow: after a flush.
  void reset() { search_.reset(); }

 private:
  FlowSearch search_;
};

/// The part of the mask's pixels that each label 0..regions - 1 has, 0..1; others count nowhere.
std::vector<double> label_shares(const MaskView &mask, std::size_t regions);

}  // namespace naclip
