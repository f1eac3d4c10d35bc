// Frames, masks and messages for the element tests.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "elements/support/mapped_frame.h"
#include "elements/support/ptr.h"

namespace naclip::testing {

/// A harness that is torn down with its scope.
struct HarnessDeleter {
  void operator()(GstHarness *harness) const { gst_harness_teardown(harness); }
};
using Harness = std::unique_ptr<GstHarness, HarnessDeleter>;

/// Caps of raw video, pixels square.
inline std::string caps_of(const char *format, int width, int height) {
  return "video/x-raw,format=" + std::string(format) + ",width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + ",framerate=10/1,pixel-aspect-ratio=1/1";
}

inline GstVideoInfo info_of(GstVideoFormat format, int width, int height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, width, height);
  return info;
}

/// A frame whose bytes are all `value`. With `padding`, every row of each plane is followed by that
/// many bytes, as a GstVideoMeta says, and each plane by one row more.
inline Ptr<GstBuffer> make_frame(GstVideoFormat format, int width, int height, int padding = 0,
                                 std::uint8_t value = 100) {
  const GstVideoInfo info = info_of(format, width, height);
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {};
  gsize size = 0;
  for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); ++plane) {
    offsets[plane] = size;
    strides[plane] = GST_VIDEO_INFO_PLANE_STRIDE(&info, plane) + padding;
    const gint rows = plane == 0 ? height : (height + 1) / 2;
    size += static_cast<gsize>(strides[plane]) * (rows + (padding > 0 ? 1 : 0));
  }
  if (padding == 0) size = GST_VIDEO_INFO_SIZE(&info);
  Ptr<GstBuffer> frame(gst_buffer_new_allocate(nullptr, size, nullptr));
  gst_buffer_memset(frame.get(), 0, value, size);
  if (padding > 0) {
    gst_buffer_add_video_meta_full(frame.get(), GST_VIDEO_FRAME_FLAG_NONE, format, width, height,
                                   GST_VIDEO_INFO_N_PLANES(&info), offsets, strides);
  }
  GST_BUFFER_PTS(frame.get()) = 5 * GST_SECOND;
  GST_BUFFER_DURATION(frame.get()) = GST_SECOND / 10;
  return frame;
}

/// A mask buffer of these ids, [height, width], dense; `padding` spoils that.
template <class Id>
Ptr<GstBuffer> make_mask(int width, int height, const std::vector<Id> &ids, int padding = 0) {
  const gint row = width * static_cast<gint>(sizeof(Id));
  Ptr<GstBuffer> mask(
      gst_buffer_new_allocate(nullptr, static_cast<gsize>(row + padding) * height, nullptr));
  gst_buffer_memset(mask.get(), 0, 0xEE, gst_buffer_get_size(mask.get()));
  for (int y = 0; y < height; ++y) {
    gst_buffer_fill(mask.get(), static_cast<gsize>(y) * (row + padding),
                    ids.data() + static_cast<std::size_t>(y) * width, row);
  }
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {row + padding};
  gst_buffer_add_video_meta_full(
      mask.get(), GST_VIDEO_FRAME_FLAG_NONE,
      sizeof(Id) == 2 ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY8, width, height, 1,
      offsets, strides);
  return mask;
}

/// Regions labelled as given, of colours 0x010000 * id + 0x0000ff.
template <class Id>
Ptr<GstNaclipSegmentation> make_segmentation(int width, int height, const std::vector<Id> &ids,
                                             const std::vector<std::string> &labels,
                                             GstClockTime source_pts = 4 * GST_SECOND,
                                             const char *source = "segmenter") {
  std::vector<GstNaclipRegion> regions;
  for (std::size_t id = 0; id < labels.size(); ++id) {
    regions.push_back(
        {labels[id].c_str(), static_cast<guint32>(0x010000 * (id & 0xff) + 0xff), 0.25, 0.5});
  }
  const Ptr<GstBuffer> mask = make_mask(width, height, ids);
  return Ptr<GstNaclipSegmentation>(gst_naclip_segmentation_new(
      mask.get(), regions.data(), static_cast<guint>(regions.size()), source, source_pts));
}

/// Attaches `segmentation` to the whole of a frame of this size.
inline void attach(GstBuffer *frame, GstNaclipSegmentation *segmentation, int width, int height) {
  gst_buffer_add_naclip_segmentation_meta(frame, segmentation, 0, 0, width, height);
}

/// Row by row, without padding: the bytes of a packed or grey frame.
inline std::vector<std::uint8_t> pixels_of(GstBuffer *frame, const GstVideoInfo &info) {
  const MappedFrame mapped(frame, info, GST_MAP_READ);
  const std::size_t row = static_cast<std::size_t>(mapped.width()) *
                          static_cast<std::size_t>(GST_VIDEO_INFO_COMP_PSTRIDE(&info, 0));
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < mapped.height(); ++y) {
    const std::uint8_t *begin = mapped.plane(0) + y * mapped.stride(0);
    pixels.insert(pixels.end(), begin, begin + row);
  }
  return pixels;
}

/// What a progress message says.
struct Progress {
  GstProgressType type;
  std::string code, text;
};
inline Progress progress_of(GstMessage *message) {
  GstProgressType type = GST_PROGRESS_TYPE_ERROR;
  gchar *code = nullptr, *text = nullptr;
  gst_message_parse_progress(message, &type, &code, &text);
  const GCharPtr code_owner(code), text_owner(text);
  return {type, code, text};
}

/// The messages that an element posts, as its bus holds them.
class Messages {
 public:
  explicit Messages(GstElement *element) : element_(element), bus_(gst_bus_new()) {
    gst_element_set_bus(element_, bus_.get());
  }
  ~Messages() { gst_element_set_bus(element_, nullptr); }

  /// Waits for the next one of this type, and drops those before it; null where none comes in a
  /// minute.
  Ptr<GstMessage> wait_for(GstMessageType type) {
    return Ptr<GstMessage>(gst_bus_timed_pop_filtered(bus_.get(), GST_SECOND * 60, type));
  }
  /// Waits for a progress message; what it says. Throws where none comes.
  std::string wait_for_progress(const std::string &code, GstProgressType type) {
    while (const Ptr<GstMessage> message = wait_for(GST_MESSAGE_PROGRESS)) {
      const Progress progress = progress_of(message.get());
      if (progress.code == code && progress.type == type) return progress.text;
    }
    throw std::runtime_error("no progress message of " + code);
  }
  /// The next one of this type, null where none has been posted.
  Ptr<GstMessage> next(GstMessageType type) {
    return Ptr<GstMessage>(gst_bus_pop_filtered(bus_.get(), type));
  }

 private:
  GstElement *element_;
  Ptr<GstBus> bus_;
};

/// The GError of an error or warning message.
inline Ptr<GError> error_of(GstMessage *message) {
  GError *error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, nullptr);
  } else {
    gst_message_parse_warning(message, &error, nullptr);
  }
  return Ptr<GError>(error);
}

}  // namespace naclip::testing
