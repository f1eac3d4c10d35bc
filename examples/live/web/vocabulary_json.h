// The vocabulary as JSON.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "examples/live/web/json.h"
#include "model/vocabulary.h"

namespace naclip::live::web {

/// The text that naclipsegment was given last and took, be it by a file.
std::string vocabulary_text(GstElement *segment);

/// Writes the members `vocabulary` and `classes` of one.
void add_vocabulary(JsonBuilder *json, const std::string &text);

/// What an object asks for, with a member `vocabulary`, a text, or `classes`. Throws BadRequest,
/// also for what is no vocabulary.
std::string requested_vocabulary(JsonNode *object);

}  // namespace naclip::live::web
