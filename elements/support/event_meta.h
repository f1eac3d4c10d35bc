// Events on frames: what naclipzones found, for the elements behind it.
#pragma once

#include <gst/gst.h>

#include <vector>

namespace naclip {

/// The GstCustomMeta that holds one event; a frame has one for each of its events.
inline constexpr const char *kEventMeta = "GstNaclipEventMeta";

/// The fields of an event, in this metadata and in the element message `naclip-event`.
namespace event_field {
inline constexpr const char *kRule = "rule";          ///< string: the rule's name
inline constexpr const char *kClass = "class";        ///< string: a label of the vocabulary
inline constexpr const char *kZone = "zone";          ///< string: the zone's name
inline constexpr const char *kState = "state";        ///< string: begin, update or end
inline constexpr const char *kId = "id";              ///< string: the same from begin to end
inline constexpr const char *kSeverity = "severity";  ///< string: as the rule says it
inline constexpr const char *kPts = "pts";            ///< guint64: the frame's, ns
inline constexpr const char *kShare = "share";        ///< double, 0..1: of the zone, now
inline constexpr const char *kPeak = "peak";  ///< double, 0..1: the share farthest into the event
inline constexpr const char *kMean = "mean";  ///< double, 0..1: the share's mean over the event
inline constexpr const char *kDuration = "duration";  ///< guint64: since the event began, ns
}  // namespace event_field

/// Attaches an event, whose fields are copied, to a writable frame.
void attach_event(GstBuffer *frame, const GstStructure *event);

/// The frame's events in the order in which they were attached; they live as long as its metadata.
std::vector<const GstStructure *> events_of(GstBuffer *frame);

}  // namespace naclip
