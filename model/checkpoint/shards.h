// Checkpoints in several files with an index, as Hugging Face writes large ones: "weight_map" in
// model.safetensors.index.json or pytorch_model.bin.index.json gives each tensor's file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "model/checkpoint/tensor_file.h"

namespace naclip {

/// Whether bytes begin like JSON text, as no file of tensors does.
bool looks_like_index(const std::string &beginning);

struct Shards {
  TensorFile all;  ///< the tensors that the index names; the format is the first shard's
  std::size_t count = 0;
  std::uint64_t bytes = 0;  ///< of all shards
};

/// Reads the shards beside the index `path`, which is open as `index`; no weights. Throws
/// Error{kNotFound | kRead | kFormat | kModel}: where the text is no index, where it names a file
/// elsewhere than in its own folder, and naming the shard where one is missing, damaged or lacks a
/// tensor.
Shards read_shards(const std::string &path, const RegularFile &index);

}  // namespace naclip
