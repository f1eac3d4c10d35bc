#include "elements/segment/pacing.h"

#include "elements/support/error_messages.h"
#include "elements/support/latency.h"

GST_DEBUG_CATEGORY_EXTERN(gst_naclip_segment_debug);
#define GST_CAT_DEFAULT gst_naclip_segment_debug

namespace naclip {

void Pacing::reset() {
  live_.reset();
  late_ = 0;
  told_ = 0;
}

Pace Pacing::pace(Mode mode) {
  if (!live_) {
    live_ = is_live(GST_BASE_TRANSFORM_SINK_PAD(element_));
    GST_INFO_OBJECT(element_, "the source is %s", *live_ ? "live" : "not live");
  }
  return mode == Mode::kAsync || (mode == Mode::kAuto && *live_) ? Pace::kAsync : Pace::kSync;
}

void Pacing::waited(gint64 microseconds, GstClockTime worst, const GstVideoInfo &info) {
  update_latency(worst);
  if (!many_late(microseconds, info)) return;
  post_warning(GST_ELEMENT_CAST(element_),
               Error(ErrorKind::kSettings,
                     "The network is slower than the live source, whose frames wait for it and are "
                     "shown late or dropped. mode=async never has them wait"));
}

void Pacing::update_latency(GstClockTime worst) {
  const GstClockTime told = told_;
  if (worst <= told + told / 8) return;
  told_ = worst;
  GST_DEBUG_OBJECT(element_, "frames wait for %" GST_TIME_FORMAT, GST_TIME_ARGS(worst));
  gst_element_post_message(GST_ELEMENT_CAST(element_),
                           gst_message_new_latency(GST_OBJECT_CAST(element_)));
}

bool Pacing::many_late(gint64 microseconds, const GstVideoInfo &info) {
  constexpr int kMany = 10;
  const gint64 rate = GST_VIDEO_INFO_FPS_N(&info), per = GST_VIDEO_INFO_FPS_D(&info);
  if (late_ < 0 || rate == 0) return false;
  late_ = microseconds * rate > per * G_USEC_PER_SEC ? late_ + 1 : 0;
  if (late_ < kMany) return false;
  late_ = -1;
  return true;
}

void Pacing::answer(GstQuery *query) const {
  add_latency(query, told_);
}

}  // namespace naclip
