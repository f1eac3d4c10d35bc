// One video frame in memory, for as long as it is looked at.
#pragma once

#include <gst/video/video.h>

#include <cstddef>
#include <cstdint>

#include "model/picture.h"

namespace naclip {

/// A frame of these caps as the model sees it, without its planes. Pixels are square where the caps
/// do not say otherwise. Colorimetry that the caps left open is BT.601, limited range, which is
/// what GStreamer assumes of Y'CbCr. Throws Error{kSettings} for a format that Picture does not
/// know.
Picture picture_like(const GstVideoInfo &info);

/// Maps a frame's buffer, or throws. Strides and offsets are those of the buffer's GstVideoMeta
/// where it has one, so that padded rows are read right. The buffer must outlive this object; no
/// pointer or view that it gave out outlives it either.
class MappedFrame {
 public:
  /// Throws Error{kInference} where the buffer cannot be mapped so, or is smaller than `info` says.
  MappedFrame(GstBuffer *buffer, const GstVideoInfo &info, GstMapFlags flags);
  ~MappedFrame();
  MappedFrame(MappedFrame &&other) noexcept;
  MappedFrame &operator=(MappedFrame &&other) noexcept;
  MappedFrame(const MappedFrame &) = delete;
  MappedFrame &operator=(const MappedFrame &) = delete;

  GstVideoFormat format() const { return GST_VIDEO_FRAME_FORMAT(&frame_); }
  int width() const { return GST_VIDEO_FRAME_WIDTH(&frame_); }
  int height() const { return GST_VIDEO_FRAME_HEIGHT(&frame_); }
  int n_planes() const { return GST_VIDEO_FRAME_N_PLANES(&frame_); }

  /// The first byte of plane `index`'s first row; writable where the frame was mapped so.
  std::uint8_t *plane(int index) const {
    return static_cast<std::uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, index));
  }
  /// Bytes from one row of plane `index` to the next.
  std::ptrdiff_t stride(int index) const { return GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, index); }

  const GstVideoInfo &info() const { return frame_.info; }

  /// The frame as the model sees it, see picture_like().
  Picture picture() const;

 private:
  GstVideoFrame frame_{};  ///< frame_.buffer is null where nothing is mapped
};

}  // namespace naclip
