#include "elements/zones/event_structure.h"

#include "elements/support/event_meta.h"

namespace naclip {
namespace {

const char *name_of(RuleEvent::State state) {
  switch (state) {
    case RuleEvent::State::kBegin:
      return "begin";
    case RuleEvent::State::kUpdate:
      return "update";
    case RuleEvent::State::kEnd:
      break;
  }
  return "end";
}

}  // namespace

Ptr<GstStructure> structure_of(const RuleEvent &event) {
  using namespace event_field;
  return Ptr<GstStructure>(gst_structure_new(
      kEventMessage, kRule, G_TYPE_STRING, event.rule.c_str(), kClass, G_TYPE_STRING,
      event.label.c_str(), kZone, G_TYPE_STRING, event.zone.c_str(), kState, G_TYPE_STRING,
      name_of(event.state), kId, G_TYPE_STRING, event.id.c_str(), kSeverity, G_TYPE_STRING,
      event.severity.c_str(), kPts, G_TYPE_UINT64, static_cast<guint64>(event.pts), kShare,
      G_TYPE_DOUBLE, event.share, kPeak, G_TYPE_DOUBLE, event.peak, kMean, G_TYPE_DOUBLE,
      event.mean, kDuration, G_TYPE_UINT64, static_cast<guint64>(event.duration), nullptr));
}

}  // namespace naclip
