// Properties set by text, as a user writes them.
#pragma once

#include <gst/gst.h>

#include <string>

namespace naclip::live {

/// What a user calls an element, such as naclipsegment; its own name where it was made by none.
std::string kind_of(GstObject *element);

/// Sets a property from text as gst-launch-1.0 reads it. Throws UsageError, which says what values
/// there are, where there is no such property or it takes no such value. What the element itself
/// refuses it tells on its bus.
void set_from_text(GObject *object, const std::string &name, const std::string &value);

/// Throws as set_from_text() does, and sets nothing.
void check_text(GObject *object, const std::string &name, const std::string &value);

}  // namespace naclip::live
