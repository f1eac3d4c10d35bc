// Events as GStreamer carries them.
#pragma once

#include "elements/support/ptr.h"
#include "elements/zones/rule_state.h"

namespace naclip {

/// The name of the element message, and of its structure.
inline constexpr const char *kEventMessage = "naclip-event";

/// The fields of elements/support/event_meta.h.
Ptr<GstStructure> structure_of(const RuleEvent &event);

}  // namespace naclip
