// What goes wrong, in words that tell what to do.
#pragma once

#include <gst/gst.h>

#include <string>

#include "choices.h"

namespace naclip::live {

/// Why a source has broken and what may help.
std::string source_failure(const SourceChoice &choice, const GError &error);

/// What a message of the bus that is an error or a warning says; an element's debug text only where
/// it tells the cause and not a place in GStreamer's code.
std::string message_text(GstMessage *message);

}  // namespace naclip::live
