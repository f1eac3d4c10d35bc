#include "tracks.h"

#include <gst/naclip/naclipmeta.h>
#include <gst/video/video.h>

namespace naclip::live {
namespace {

constexpr guint kGrey8Ids = 256;

/// Before naclipmask sees a frame with more regions than GRAY8 has values, the wider format is asked
/// of it, and kept.
GstPadProbeReturn widen_ids(GstPad *, GstPadProbeInfo *info, gpointer filter) {
  const GstNaclipSegmentationMeta *meta =
      gst_buffer_get_naclip_segmentation_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  if (!meta || gst_naclip_segmentation_get_n_regions(meta->segmentation) <= kGrey8Ids)
    return GST_PAD_PROBE_OK;
  g_autoptr(GstCaps) caps =
      gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "GRAY16_LE", nullptr);
  g_object_set(filter, "caps", caps, nullptr);
  return GST_PAD_PROBE_REMOVE;
}

}  // namespace

std::string picture_encoder() {
  return "videoconvert ! videoscale add-borders=true ! capsfilter name=size "
         "! vp8enc deadline=1 cpu-used=8 threads=2 bits-per-pixel=0.3 keyframe-max-dist=60";
}

std::string masks_encoder() {
  // The last filter has what GStreamer 1.22's matroskamux asks for by mistake, beside ffvversion.
  return "naclipmask name=labels output=labels ! capsfilter name=ids caps=video/x-raw,format=GRAY8 "
         "! videoscale method=nearest-neighbour add-borders=true ! capsfilter name=labels_size "
         "! avenc_ffv1 gop-size=1 ! video/x-ffv,ffversion=1";
}

std::string messages_encoder() {
  return "naclipjson content=shares+boxes when=every source=live";
}

std::string track_name(const std::string &title) {
  return "taginject tags=\"title=(string)\\\"" + title + "\\\"\"";
}

void prepare_tracks(GstBin *bin) {
  g_autoptr(GstElement) labels = gst_bin_get_by_name(bin, "labels");
  g_autoptr(GstElement) ids = gst_bin_get_by_name(bin, "ids");
  if (!labels || !ids) return;
  g_autoptr(GstPad) frames = gst_element_get_static_pad(labels, "sink");
  gst_pad_add_probe(frames, GST_PAD_PROBE_TYPE_BUFFER, widen_ids, gst_object_ref(ids),
                    gst_object_unref);
}

void keep_size(GstBin *bin, GstCaps *caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return;
  g_autoptr(GstCaps) kept = gst_caps_new_simple(
      "video/x-raw", "width", G_TYPE_INT, GST_VIDEO_INFO_WIDTH(&info), "height", G_TYPE_INT,
      GST_VIDEO_INFO_HEIGHT(&info), "pixel-aspect-ratio", GST_TYPE_FRACTION,
      GST_VIDEO_INFO_PAR_N(&info), GST_VIDEO_INFO_PAR_D(&info), nullptr);
  for (const char *name : {"size", "labels_size"}) {
    if (g_autoptr(GstElement) size = gst_bin_get_by_name(bin, name); size)
      g_object_set(size, "caps", kept, nullptr);
  }
}

}  // namespace naclip::live
