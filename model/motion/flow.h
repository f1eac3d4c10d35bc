// Dense optical flow between two frames, at small size. "Fast Optical Flow using Dense Inverse
// Search", arXiv 1603.03590, in OpenCV's form. Needs no libtorch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/picture.h"

namespace naclip {

/// A frame's small grey picture, which is all that flow needs of it. Immutable; a copy shares it.
class FlowPicture {
 public:
  FlowPicture() = default;  ///< of nothing
  /// Shrinks `frame` (host memory, any PixelFormat, any strides); nothing of it is kept. Throws
  /// Error{kSettings} for a picture without size or planes, or in a GPU's memory.
  static FlowPicture of(const Picture &frame);

  /// The same of a frame in a GPU's memory, whose planes are not read: `shrunk` is its first plane
  /// shrunk by factor_of(frame), as Segmenter::shrink() gives it.
  static FlowPicture of(const Picture &frame, std::vector<std::uint8_t> shrunk);
  static int factor_of(const Picture &frame);

  explicit operator bool() const { return content_ != nullptr; }

  struct Content;
  const Content *content() const { return content_.get(); }

 private:
  template <class Shrink>
  static FlowPicture from(const Picture &frame, const Shrink &shrink);

  std::shared_ptr<const Content> content_;
};

/// Where each pixel of a frame was in an earlier one.
struct FlowField {
  int width = 0;   ///< of the small picture
  int height = 0;  ///< of the small picture
  /// The frame's size in pixels of the small picture, which leaves out a rest at the right and at
  /// the bottom.
  double whole_width = 0.0, whole_height = 0.0;
  /// [height, width, 2]: (x, y) of `now` was at (x + first, y + second) of `source`, in pixels of
  /// the small picture
  const float *offsets = nullptr;
};

/// kFine searches at twice the resolution and takes four times as long.
enum class FlowDetail { kQuick, kFine };

/// Follows one stream: it keeps the last flow, from which the next is found. Used by one thread at
/// a time; computes on the caller's thread alone.
class FlowSearch {
 public:
  explicit FlowSearch(FlowDetail detail = FlowDetail::kQuick);
  ~FlowSearch();
  FlowSearch(FlowSearch &&) noexcept;
  FlowSearch &operator=(FlowSearch &&) noexcept;

  /// Searches where the pixels of `now` were in `source`. False where there is no flow: `now` shows
  /// another scene, or the two pictures' shapes differ. Cheapest where, call after call, `source`
  /// stays and `now` advances by a frame. Throws Error{kSettings} for an empty picture,
  /// Error{kInference} where OpenCV fails.
  bool follow(const FlowPicture &source, const FlowPicture &now);

  /// What follow() found; good until its next call.
  const FlowField &field() const;

  /// Forgets the last flow: after a flush.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace naclip
