// What is said of the activation that a model was trained with, and where.
#pragma once

#include <string>

#include "model/checkpoint/checkpoint_names.h"
#include "model/checkpoint/network_sizes.h"
#include "model/options.h"

namespace naclip {

struct StatedActivation {
  Activation activation = Activation::kAuto;  ///< kAuto: nothing is said
  std::string source;                         ///< what says it, e.g. "config.json"
};

/// By a name as files have it: gelu, quick_gelu, GELU, QuickGELU. Throws Error{kModel} for others, which
/// `source` is blamed for.
StatedActivation activation_named(const std::string &name, const std::string &source);

/// What Hugging Face's or OpenCLIP's configuration in the checkpoint's folder says: one that is made for
/// a network of other sizes is passed over. `problem` becomes why one could not be read. Throws
/// Error{kModel} for an activation that is unknown, or not the same in both towers.
StatedActivation configured_activation(const std::string &checkpoint, Naming naming,
                                       const NetworkSizes &sizes, std::string &problem);

/// "QuickGELU" or "GELU".
const char *activation_text(Activation activation);

}  // namespace naclip
