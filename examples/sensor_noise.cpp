#include "sensor_noise.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace naclip::examples {

namespace {

struct Source {
  SensorNoise noise;
  std::uint32_t frame = 0;
};

void disturb(GstVideoFrame &frame, double sigma, std::mt19937 &random) {
  std::normal_distribution<float> normal(0.0F, static_cast<float>(sigma));
  auto *rows = static_cast<std::uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); ++y) {
    std::uint8_t *row =
        rows + static_cast<std::ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
    for (int i = 0; i < 3 * GST_VIDEO_FRAME_WIDTH(&frame); ++i) {
      const float level = std::round(static_cast<float>(row[i]) + normal(random));
      row[i] = static_cast<std::uint8_t>(std::clamp(level, 0.0F, 255.0F));
    }
  }
}

GstPadProbeReturn on_buffer(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  auto *source = static_cast<Source *>(data);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  GstVideoInfo video;
  GstVideoFrame frame;
  auto *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  if (caps && gst_video_info_from_caps(&video, caps) &&
      GST_VIDEO_INFO_FORMAT(&video) == GST_VIDEO_FORMAT_RGB &&
      gst_video_frame_map(&frame, &video, buffer, GST_MAP_READWRITE)) {
    std::seed_seq seed{source->noise.seed, source->frame};
    std::mt19937 random(seed);
    disturb(frame, source->noise.sigma, random);
    gst_video_frame_unmap(&frame);
  } else {
    g_error("noise cannot be added to what is no RGB video");
  }
  ++source->frame;
  return GST_PAD_PROBE_OK;
}

}  // namespace

void add_noise(GstPad *pad, const SensorNoise &noise) {
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, new Source{noise},
                    [](gpointer data) { delete static_cast<Source *>(data); });
}

}  // namespace naclip::examples
