// A configuration beside a checkpoint, as JSON.
#pragma once

#include <string>

#include "model/checkpoint/json_text.h"

namespace naclip {

/// Throws Error{kNotFound | kRead} where it cannot be read, JsonDamage where it is no JSON object or larger
/// than any configuration.
JsonText read_configuration(const std::string &path);

}  // namespace naclip
