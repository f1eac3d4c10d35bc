#include "elements/publish/frame_reporter.h"

#include <vector>

#include "elements/support/event_meta.h"
#include "elements/support/ptr.h"

namespace naclip {

std::string camera_of(GstElement *element, const MessageSettings &settings) {
  if (!settings.camera.empty()) return settings.camera;
  const GCharPtr name(gst_object_get_name(GST_OBJECT(element)));
  return name.get();
}

void FrameReporter::restart(const std::string &camera) {
  reader_.restart();
  schedule_.restart();
  writer_.emplace(camera);
  facts_ = {};
}

bool FrameReporter::set_caps(GstCaps *caps) {
  const GstStructure *video = gst_caps_get_structure(caps, 0);
  return gst_structure_get_int(video, "width", &facts_.width) &&
         gst_structure_get_int(video, "height", &facts_.height);
}

void FrameReporter::report(GstBuffer *frame, const MessageSettings &settings, const Take &take) {
  facts_.pts = GST_BUFFER_PTS(frame);
  facts_.time = time_of(frame);
  const std::vector<ChosenMask> masks = reader_.read_or_warn(frame, settings);
  const ChosenMask *shown = masks.empty() ? nullptr : &masks.front();
  if (shown != nullptr && schedule_.is_new(shown->mask.regions))
    take(MessageKind::kVocabulary, writer_->vocabulary(facts_, shown->mask.regions));
  for (const GstStructure *event : events_of(frame))
    take(MessageKind::kEvent, writer_->event(facts_, event));
  const GstClockTime time =
      GST_CLOCK_TIME_IS_VALID(facts_.pts) ? facts_.pts : static_cast<GstClockTime>(facts_.time);
  if (schedule_.is_due(shown, time, settings))
    take(MessageKind::kFrame,
         writer_->frame(facts_, shown, settings.content, settings.polygon_tolerance));
  ++facts_.sequence;
}

}  // namespace naclip
