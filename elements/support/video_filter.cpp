#include "elements/support/video_filter.h"

#include "elements/support/ptr.h"

namespace naclip {

std::vector<const char *> formats_where(bool (*takes)(const PixelLayout &)) {
  std::vector<const char *> names;
  for (const PixelLayout &layout : kPixelLayouts)
    if (takes(layout)) names.push_back(layout.name);
  return names;
}

namespace {

void add_pad(GstElementClass *klass, GstPadDirection direction, const std::string &caps_text) {
  const Ptr<GstCaps> caps(gst_caps_from_string(caps_text.c_str()));
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new(direction == GST_PAD_SINK ? "sink" : "src", direction,
                                  GST_PAD_ALWAYS, caps.get()));
}

}  // namespace

void add_video_pad(GstElementClass *klass, GstPadDirection direction,
                   const std::vector<const char *> &formats, FrameMemory memory) {
  std::string list;
  for (const char *format : formats) list += (list.empty() ? "{ " : ", ") + std::string(format);
  list += " }";
  const auto raw = [&](const char *features) {
    return "video/x-raw" + std::string(features) + ", format = (string) " + list +
           ", width = " GST_VIDEO_SIZE_RANGE ", height = " GST_VIDEO_SIZE_RANGE
           ", framerate = " GST_VIDEO_FPS_RANGE;
  };
  std::string text = raw("");
  if (memory == FrameMemory::kSystemOrCuda) text += "; " + raw("(memory:CUDAMemory)");
  add_pad(klass, direction, text);
}

void add_any_video_pad(GstElementClass *klass, GstPadDirection direction) {
  add_pad(klass, direction, "video/x-raw(ANY)");
}

void keep_every_frame(GstBaseTransform *base) {
  gst_base_transform_set_in_place(base, TRUE);
  gst_base_transform_set_qos_enabled(base, FALSE);
}

bool read_video_info(GstElement *self, GstCaps *caps, GstVideoInfo &info) {
  if (gst_video_info_from_caps(&info, caps)) return true;
  GST_ELEMENT_ERROR(self, CORE, NEGOTIATION, ("These video caps cannot be read."),
                    ("%" GST_PTR_FORMAT, caps));
  return false;
}

gboolean propose_video_meta(gpointer parent_class, GstBaseTransform *base, GstQuery *decide_query,
                            GstQuery *query) {
  if (!GST_BASE_TRANSFORM_CLASS(parent_class)->propose_allocation(base, decide_query, query))
    return FALSE;
  if (!gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr))
    gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return TRUE;
}

GstSegment copy_segment(GstBaseTransform *base) {
  GST_OBJECT_LOCK(base);
  const GstSegment segment = base->segment;
  GST_OBJECT_UNLOCK(base);
  return segment;
}

void sync_controlled_properties(GstBaseTransform *base, GstBuffer *buffer) {
  const GstSegment segment = copy_segment(base);
  if (segment.format != GST_FORMAT_TIME) return;  // appsrc counts bytes unless told otherwise
  const GstClockTime time =
      gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (GST_CLOCK_TIME_IS_VALID(time)) gst_object_sync_values(GST_OBJECT_CAST(base), time);
}

}  // namespace naclip
