// Properties of elements as JSON.
#pragma once

#include <gst/gst.h>

#include <string>
#include <utility>
#include <vector>

#include "examples/live/web/json.h"

namespace naclip::live::web {

/// The elements that a page may set, by the name that it uses.
using Elements = std::vector<std::pair<std::string, GstElement *>>;

/// Writes one member for each element: its properties that can be set while it plays, each with
/// type, value, description and what values there are. What names a file is none of them: whoever
/// has the page would read this machine's files by it.
void add_properties(JsonBuilder *json, const Elements &elements);

/// Sets what an object says, `{"naclipoverlay": {"opacity": 0.3}}`: all of it, or, where it throws
/// BadRequest, nothing.
void set_properties(JsonNode *object, const Elements &elements);

}  // namespace naclip::live::web
