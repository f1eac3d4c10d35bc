// Found masks against true ones, frame by frame.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <vector>

namespace naclip::examples {

/// A decoded GRAY8 frame of labels, mapped for reading.
class Labels {
 public:
  /// Throws std::runtime_error.
  explicit Labels(GstSample *sample);
  ~Labels() { gst_video_frame_unmap(&frame_); }
  Labels(const Labels &) = delete;
  Labels &operator=(const Labels &) = delete;

  int width() const { return GST_VIDEO_FRAME_WIDTH(&frame_); }
  int height() const { return GST_VIDEO_FRAME_HEIGHT(&frame_); }
  const std::uint8_t *row(int y) const {
    return static_cast<const std::uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, 0)) +
           static_cast<std::ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, 0);
  }
  /// Without its padding.
  std::vector<std::uint8_t> copy() const;

 private:
  GstVideoFrame frame_;
};

/// Of all frames so far.
class LabelCounts {
 public:
  static constexpr std::size_t kIds = 256;

  /// The next frame. Throws std::runtime_error for frames of different sizes.
  void add(const Labels &truth, const Labels &found);

  std::uint64_t frames() const { return frames_; }
  std::uint64_t there(std::size_t id) const { return there_[id]; }
  std::uint64_t found(std::size_t id) const { return found_[id]; }
  std::uint64_t both(std::size_t id) const { return both_[id]; }
  /// Intersection over union.
  double iou(std::size_t id) const;
  /// Of all pixels whose true label is that of the frame before, the part whose found label is not:
  /// the mean of a frame, 0..1. 0 where there are less than two frames.
  double false_changes() const;

 private:
  void add_changes(const std::vector<std::uint8_t> &truth, const std::vector<std::uint8_t> &found);

  std::vector<std::uint64_t> there_ = std::vector<std::uint64_t>(kIds);
  std::vector<std::uint64_t> found_ = std::vector<std::uint64_t>(kIds);
  std::vector<std::uint64_t> both_ = std::vector<std::uint64_t>(kIds);
  std::uint64_t frames_ = 0;
  std::vector<std::uint8_t> last_truth_, last_found_;
  std::uint64_t steady_ = 0, changed_ = 0;
};

}  // namespace naclip::examples
