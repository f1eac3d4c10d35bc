// Checkpoints of any size whose weights are drawn by chance: speed does not depend on the weights.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/checkpoint/network_sizes.h"

namespace naclip {

/// The sizes of the published model of that name; nothing where there is none.
std::optional<NetworkSizes> published_sizes(std::string_view name);

struct RandomCheckpointOptions {
  std::uint64_t seed = 0;
  bool replace = false;           ///< a file that is there already
  std::function<bool()> give_up;  ///< asked while writing; true ends it; may be empty
};

/// Writes safetensors of OpenAI's names in float16: a bell curve by chance, of such widths that
/// activations stay finite in every layer, attention is neither even nor on one token alone, and
/// words differ. Their activation is QuickGELU, as the header says. The bytes follow from sizes and seed alone, on every platform. The file appears
/// whole or not at all; little memory is taken. Throws Error{kWrite}, Interrupted.
void write_random_checkpoint(const std::string &path, const NetworkSizes &sizes,
                             const RandomCheckpointOptions &options);

/// The float16 nearest to a number of magnitude below 65,504, ties to even.
std::uint16_t half_bits(double value);

}  // namespace naclip
