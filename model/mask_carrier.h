// Carries a mask from the frame that it was computed on to a later one, along dense optical flow.
// "Fast Optical Flow using Dense Inverse Search", arXiv 1603.03590, in OpenCV's form. Needs no libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "picture.h"

namespace naclip {

/// A frame's small grey picture, which is all that flow needs of it. Immutable; a copy shares it.
class FlowPicture {
 public:
  FlowPicture() = default;  ///< of nothing
  /// Shrinks `frame` (host memory, any PixelFormat, any strides); nothing of it is kept. Throws
  /// Error{kSettings} for a picture without size or planes, or in a GPU's memory.
  static FlowPicture of(const Picture &frame);

  explicit operator bool() const { return content_ != nullptr; }

  struct Content;
  const Content *content() const { return content_.get(); }

 private:
  std::shared_ptr<const Content> content_;
};

/// A borrowed label map that covers its whole frame.
struct MaskView {
  int width = 0;                         ///< >= 1
  int height = 0;                        ///< >= 1
  int bytes_per_label = 1;               ///< 1, or 2 (little endian)
  const std::uint8_t *labels = nullptr;  ///< [height, width], rows not padded
};

/// One stream's carrier: it keeps the last flow, from which the next is found. Used by one thread at
/// a time; computes on the caller's thread alone.
class MaskCarrier {
 public:
  MaskCarrier();
  ~MaskCarrier();
  MaskCarrier(MaskCarrier &&) noexcept;
  MaskCarrier &operator=(MaskCarrier &&) noexcept;

  /// The mask of the frame `source`, each label moved to where its pixel is in the frame `now`; what
  /// comes from beyond the edge takes the edge's label. Writes [height, width] labels of the mask's
  /// size and type to `carried`, which must not be the mask's own memory. False, and `carried` is
  /// left alone, where there is nothing to carry: `now` shows another scene, or the two pictures'
  /// shapes differ. Cheapest where, call after call, `source` stays and `now` advances by a frame.
  /// Throws Error{kSettings} for an empty picture or mask, Error{kInference} where OpenCV fails.
  bool carry(const FlowPicture &source, const FlowPicture &now, const MaskView &mask,
             std::vector<std::uint8_t> &carried);

  /// Forgets the last flow: after a flush.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The part of the mask's pixels that each label 0..regions - 1 has, 0..1; others count nowhere.
std::vector<double> label_shares(const MaskView &mask, std::size_t regions);

}  // namespace naclip
