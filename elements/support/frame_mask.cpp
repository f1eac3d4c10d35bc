#include "elements/support/frame_mask.h"

#include <string>
#include <utility>

#include "elements/support/analytics.h"
#include "model/base/count_labels.h"
#include "model/base/palette.h"
#include "model/error.h"

namespace naclip {
namespace {

/// What the mask's own GstVideoMeta says of it; nobody sends caps along with a mask.
GstVideoInfo mask_info(GstBuffer *mask) {
  const GstVideoMeta *meta = gst_buffer_get_video_meta(mask);
  if (meta == nullptr ||
      (meta->format != GST_VIDEO_FORMAT_GRAY8 && meta->format != GST_VIDEO_FORMAT_GRAY16_LE)) {
    throw Error(ErrorKind::kFormat, "A frame's mask is not a picture of region ids.",
                meta == nullptr ? "the mask's buffer has no GstVideoMeta"
                                : std::string("the mask's format is ") +
                                      gst_video_format_to_string(meta->format) +
                                      ", neither GRAY8 nor GRAY16_LE");
  }
  GstVideoInfo info;
  gst_video_info_set_format(&info, meta->format, meta->width, meta->height);
  return info;
}

FrameMask read_own(const GstNaclipSegmentationMeta &meta) {
  const GstNaclipSegmentation *segmentation = meta.segmentation;
  FrameMask mask(gst_naclip_segmentation_get_mask(segmentation),
                 {meta.x, meta.y, static_cast<int>(meta.width), static_cast<int>(meta.height)});
  const guint count = gst_naclip_segmentation_get_n_regions(segmentation);
  mask.regions.reserve(count);
  for (guint id = 0; id < count; ++id) {
    const GstNaclipRegion *region = gst_naclip_segmentation_get_region(segmentation, id);
    mask.regions.push_back({region->label, region->colour, region->share, region->confidence});
  }
  const GstClockTime source_pts = gst_naclip_segmentation_get_source_pts(segmentation);
  if (GST_CLOCK_TIME_IS_VALID(source_pts)) mask.source_pts = source_pts;
  return mask;
}

}  // namespace

FrameMask::FrameMask(GstBuffer *mask, MaskRectangle rectangle)
    : buffer_(ref(mask)), frame_(mask, mask_info(mask), GST_MAP_READ), rectangle_(rectangle) {
  if (rectangle_.width < 1 || rectangle_.height < 1) {
    throw Error(ErrorKind::kFormat, "A frame's mask covers nothing of it.",
                "the rectangle is " + std::to_string(rectangle_.width) + " x " +
                    std::to_string(rectangle_.height));
  }
}

std::optional<GstClockTimeDiff> FrameMask::age_on(GstBuffer *frame) const {
  if (!source_pts || !GST_BUFFER_PTS_IS_VALID(frame)) return std::nullopt;
  return GST_CLOCK_DIFF(*source_pts, GST_BUFFER_PTS(frame));
}

void FrameMask::count_shares() {
  const std::vector<std::size_t> counts =
      count_labels(labels(), stride(), width(), height(), bytes_per_label());
  const double pixels = static_cast<double>(width()) * height();
  for (std::size_t id = 0; id < counts.size(); ++id) {
    if (counts[id] > 0) {
      while (regions.size() <= id) regions.push_back(unnamed_region(regions.size()));
    }
    if (id < regions.size()) regions[id].share = static_cast<double>(counts[id]) / pixels;
  }
}

bool is_recent(const FrameMask &mask, GstBuffer *frame, int max_age) {
  if (max_age < 0) return true;
  const auto age = mask.age_on(frame);
  return age && *age >= 0 && *age <= max_age * static_cast<GstClockTimeDiff>(GST_MSECOND);
}

MaskRegion unnamed_region(std::size_t id) {
  MaskRegion region;
  region.label = "region " + std::to_string(id);
  region.colour = id == 0 ? 0 : palette_colour(id - 1);
  return region;
}

std::vector<FrameMask> read_masks(GstBuffer *frame, const std::string &source) {
  const GstNaclipSegmentationMeta *meta =
      source.empty() ? gst_buffer_get_naclip_segmentation_meta(frame)
                     : gst_buffer_find_naclip_segmentation_meta(frame, source.c_str());
  std::vector<FrameMask> masks;
  if (meta != nullptr) {
    masks.push_back(read_own(*meta));
  } else if (source.empty()) {
    masks = read_analytics(frame);
  }
  return masks;
}

std::vector<std::string> sources_of(GstBuffer *frame) {
  std::vector<std::string> sources;
  guint n = 0;
  while (const auto *meta = gst_buffer_get_nth_naclip_segmentation_meta(frame, n++)) {
    sources.emplace_back(gst_naclip_segmentation_get_source(meta->segmentation));
  }
  return sources;
}

}  // namespace naclip
