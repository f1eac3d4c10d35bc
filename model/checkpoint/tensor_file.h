// One file of tensors of any format, told by its content.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "model/checkpoint/raw_tensor.h"
#include "model/checkpoint/regular_file.h"

namespace naclip {

enum class TensorFormat { kTorchScript, kPickle, kSafetensors };

struct TensorFile {
  TensorFormat format = TensorFormat::kSafetensors;
  RawTensors tensors;
  /// The activations that the file names as its own: the key "activation" of safetensors' metadata, or
  /// the classes of a TorchScript archive's layers.
  std::set<std::string> activations;
};

/// Reads no weights. Throws Error{kRead | kFormat}.
TensorFile read_tensor_file(const std::shared_ptr<const RegularFile> &file);

/// The first bytes of a file, at most 64.
std::string beginning_of(const RegularFile &file);

}  // namespace naclip
