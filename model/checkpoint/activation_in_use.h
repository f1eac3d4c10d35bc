// The activation that a checkpoint is loaded with.
#pragma once

#include <string>

#include "model/checkpoint/checkpoint_file.h"
#include "model/options.h"

namespace naclip {

struct ActivationInUse {
  Activation activation = Activation::kQuickGelu;  ///< never kAuto
  std::string source;                              ///< what says so, e.g. "config.json"
  std::string warning;  ///< for the user, where nothing says so; else empty
};

/// `asked` unless that is kAuto; else what the checkpoint says itself, then a configuration beside it,
/// then QuickGELU, without a warning for OpenAI's layout. Throws Error{kModel} where these name one that does not work.
ActivationInUse activation_in_use(const CheckpointFile &checkpoint, const std::string &path,
                                  Activation asked);

}  // namespace naclip
