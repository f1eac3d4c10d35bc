// The segmentations that a frame carries, whoever attached them.
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elements/support/mapped_frame.h"
#include "elements/support/ptr.h"
#include "model/colour.h"

namespace naclip {

/// What one pixel value of a mask stands for.
struct MaskRegion {
  std::string label;      ///< "region N" where nobody named it
  Colour colour = 0;      ///< 0xRRGGBB
  double share = 0;       ///< part of the mask's pixels, 0 to 1
  double confidence = 0;  ///< 0 to 1; 0 where it is not known
};

/// A part of a frame, in its pixels. It may reach beyond the frame's edges, where a later element
/// has cut them off.
struct MaskRectangle {
  int x = 0;
  int y = 0;
  int width = 0;   ///< >= 1
  int height = 0;  ///< >= 1

  bool operator==(const MaskRectangle &) const = default;
};

/// One mask, mapped for reading. Pixel values at or above regions.size() belong to no region and
/// are to be taken as 0. Hold it no longer than the frame.
class FrameMask {
 public:
  /// Keeps a reference of its own to `mask`. Throws Error{kFormat} where the mask is neither GRAY8
  /// nor GRAY16_LE or the rectangle is empty.
  FrameMask(GstBuffer *mask, MaskRectangle rectangle);

  int width() const { return frame_.width(); }
  int height() const { return frame_.height(); }
  /// Bytes of one label: 1, or 2 in little endian order.
  int bytes_per_label() const { return frame_.format() == GST_VIDEO_FORMAT_GRAY16_LE ? 2 : 1; }
  const std::uint8_t *labels() const { return frame_.plane(0); }
  std::ptrdiff_t stride() const { return frame_.stride(0); }  ///< bytes
  const MaskRectangle &rectangle() const { return rectangle_; }

  /// By pixel value; at least region 0.
  std::vector<MaskRegion> regions;
  /// The PTS of the frame that the mask was computed from, where the mask's maker said so.
  std::optional<GstClockTime> source_pts;
  /// How much older that is than `frame`, ns; negative where it is a later one. None where either
  /// time is unknown.
  std::optional<GstClockTimeDiff> age_on(GstBuffer *frame) const;
  /// Identifies the mask's outcome: equal for frames that share one, so that what was derived from
  /// it may be kept. Compare only, and only while the buffer it came from is held.
  const GstBuffer *identity() const { return buffer_.get(); }
  /// A reference to that buffer.
  Ptr<GstBuffer> hold() const { return ref(buffer_.get()); }

  /// Counts the mask's pixels into the regions' shares; a value that occurs but has no region gets
  /// one, named "region N" and coloured from the palette, and so do the values below it.
  void count_shares();

 private:
  Ptr<GstBuffer> buffer_;
  MappedFrame frame_;
  MaskRectangle rectangle_;
};

/// Whether a mask that `frame` carries was computed from a frame at most `max_age` milliseconds
/// before it; below 0: any mask is. One of unknown age is not, and neither is one of a later frame.
bool is_recent(const FrameMask &mask, GstBuffer *frame, int max_age);

/// A region that nobody named: "region N" in the palette's colour for `id`, black for 0.
MaskRegion unnamed_region(std::size_t id);

/// The mask that the element named `source` attached last, or, where `source` is empty, the latest
/// of all; none where there is none. Where `source` is empty and no naclipsegment attached any:
/// those of other elements' GstAnalytics metadata (GStreamer >= 1.26). Throws Error{kInference} for
/// a mask that cannot be mapped.
std::vector<FrameMask> read_masks(GstBuffer *frame, const std::string &source = {});

/// The names of the elements whose masks `frame` carries, the latest first; without GstAnalytics
/// metadata.
std::vector<std::string> sources_of(GstBuffer *frame);

}  // namespace naclip
