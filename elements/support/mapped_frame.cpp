#include "elements/support/mapped_frame.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "model/error.h"

namespace naclip {
namespace {

PixelFormat pixel_format(GstVideoFormat format) {
  const std::string_view name = gst_video_format_to_string(format);
  for (const PixelLayout &layout : kPixelLayouts)
    if (name == layout.name) return layout.format;
  throw Error(ErrorKind::kSettings, "The video format " + std::string(name) +
                                        " is not supported. Put videoconvert in front.");
}

ColourMatrix color_matrix(GstVideoColorMatrix matrix) {
  switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return ColourMatrix::kBt709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return ColourMatrix::kBt2020;
    default:
      return ColourMatrix::kBt601;
  }
}

std::string described(GstVideoFormat format, int width, int height) {
  return std::string(gst_video_format_to_string(format)) + " " + std::to_string(width) + " x " +
         std::to_string(height);
}

std::string described(const GstVideoInfo &info) {
  return described(GST_VIDEO_INFO_FORMAT(&info), info.width, info.height);
}

Error unmappable(std::string detail) {
  return Error(ErrorKind::kInference, "A video frame could not be mapped into memory.",
               std::move(detail));
}

bool agrees(const GstVideoMeta &meta, const GstVideoInfo &info) {
  return meta.format == GST_VIDEO_INFO_FORMAT(&info) &&
         meta.n_planes == GST_VIDEO_INFO_N_PLANES(&info) &&
         static_cast<guint>(info.width) <= meta.width &&
         static_cast<guint>(info.height) <= meta.height;
}

/// Strides and offsets come from whoever made the buffer, and mapping does not hold them against
/// the memory's size.
bool holds_all_rows(const GstVideoFrame &frame) {
  const GstVideoInfo &info = frame.info;
  for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); ++plane) {
    gint components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(info.finfo, plane, components);
    const gint component = components[0];
    const std::ptrdiff_t row =
        static_cast<std::ptrdiff_t>(GST_VIDEO_INFO_COMP_WIDTH(&info, component)) *
        GST_VIDEO_INFO_COMP_PSTRIDE(&info, component);
    const std::ptrdiff_t last =
        static_cast<std::ptrdiff_t>(GST_VIDEO_INFO_COMP_HEIGHT(&info, component) - 1) *
        GST_VIDEO_INFO_PLANE_STRIDE(&info, plane);
    // Without a GstVideoMeta all planes lie in the first mapping.
    const GstMapInfo &map = frame.map[frame.meta != nullptr ? plane : 0];
    const std::ptrdiff_t begin = static_cast<const guint8 *>(frame.data[plane]) - map.data;
    const std::ptrdiff_t lowest = begin + std::min<std::ptrdiff_t>(last, 0);
    const std::ptrdiff_t highest = begin + std::max<std::ptrdiff_t>(last, 0) + row;
    if (lowest < 0 || highest > static_cast<std::ptrdiff_t>(map.size)) return false;
  }
  return true;
}

}  // namespace

MappedFrame::MappedFrame(GstBuffer *buffer, const GstVideoInfo &info, GstMapFlags flags) {
  // Asked before it is mapped: gst_video_frame_map() answers what follows with a critical warning.
  const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
  if (meta != nullptr && !agrees(*meta, info)) {
    throw unmappable("the buffer's GstVideoMeta says " +
                     described(meta->format, meta->width, meta->height) + " where the caps say " +
                     described(info));
  }
  if ((flags & GST_MAP_WRITE) != 0 && !gst_buffer_is_writable(buffer)) {
    throw unmappable("the buffer is shared, so that it cannot be written");
  }
  // The buffer stays the caller's: a reference of the frame's own would make it read-only.
  const auto all_flags =
      static_cast<GstMapFlags>(static_cast<int>(flags) | GST_VIDEO_FRAME_MAP_FLAG_NO_REF);
  if (!gst_video_frame_map(&frame_, &info, buffer, all_flags)) {
    frame_ = {};
    throw unmappable("gst_video_frame_map failed on a buffer of " +
                     std::to_string(gst_buffer_get_size(buffer)) + " bytes where " +
                     described(info) + " takes " + std::to_string(GST_VIDEO_INFO_SIZE(&info)));
  }
  // A GstVideoMeta may describe a larger picture than the caps; the caps' is its upper left part.
  frame_.info.width = info.width;
  frame_.info.height = info.height;
  if (!holds_all_rows(frame_)) {
    gst_video_frame_unmap(&frame_);
    frame_ = {};
    throw unmappable("the buffer's memory ends before the last row of " + described(info));
  }
}

MappedFrame::~MappedFrame() {
  if (frame_.buffer != nullptr) gst_video_frame_unmap(&frame_);
}

MappedFrame::MappedFrame(MappedFrame &&other) noexcept : frame_(std::exchange(other.frame_, {})) {}

MappedFrame &MappedFrame::operator=(MappedFrame &&other) noexcept {
  if (this != &other) {
    if (frame_.buffer != nullptr) gst_video_frame_unmap(&frame_);
    frame_ = std::exchange(other.frame_, {});
  }
  return *this;
}

Picture picture_like(const GstVideoInfo &info) {
  Picture picture;
  picture.format = pixel_format(GST_VIDEO_INFO_FORMAT(&info));
  picture.width = info.width;
  picture.height = info.height;
  if (info.par_n > 0 && info.par_d > 0)
    picture.pixel_aspect = static_cast<double>(info.par_n) / info.par_d;
  const GstVideoColorimetry &colorimetry = info.colorimetry;
  picture.matrix = color_matrix(colorimetry.matrix);
  picture.range =
      colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 ? ColourRange::kFull : ColourRange::kLimited;
  return picture;
}

Picture MappedFrame::picture() const {
  Picture picture = picture_like(frame_.info);
  for (int index = 0; index < n_planes(); ++index) {
    picture.planes[index] = plane(index);
    picture.strides[index] = stride(index);
  }
  return picture;
}

}  // namespace naclip
