// How checkpoints name the tensors of a CLIP.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/checkpoint/raw_tensor.h"

namespace naclip {

/// kCustomText: as OpenAI's, but with "text." before the names of the text tower, as OpenCLIP's models
/// with `custom_text` have them.
enum class Naming { kOpenAi, kHuggingFace, kCustomText };
enum class Tower { kVision, kText };

/// Without the "module." that DistributedDataParallel puts before every name; unchanged where one lacks
/// it.
RawTensors without_module_prefix(RawTensors tensors);

/// From the names that a file has.
Naming naming_of(const RawTensors &tensors);

/// What one tensor under OpenAI's name is made of in a file of another naming.
struct TensorSource {
  /// Of tensors of equal shapes, to be put one below the other along the first dimension.
  std::vector<std::string> names;
  bool transposed = false;  ///< a matrix that is stored the other way round
};

/// Hugging Face keeps query, key and value apart and its projections as linear layers, [out, in].
TensorSource source_of(Naming naming, const std::string &openai_name);

/// The number of blocks that a tower has tensors of. Blocks are numbered from 0; a gap shows as the
/// missing tensors of a block.
std::int64_t count_blocks(Naming naming, Tower tower, const RawTensors &tensors);

/// True for tensors beside the network's weights that published checkpoints hold and nothing here
/// needs.
bool is_ignorable(const std::string &name);

}  // namespace naclip
